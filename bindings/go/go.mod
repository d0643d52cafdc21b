module github.com/isogloss-mcp/isogloss/bindings/go

go 1.25

require go.uber.org/goleak v1.3.0
