module github.com/isogloss-mcp/isogloss/bindings/go

go 1.25
