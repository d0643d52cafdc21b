module github.com/isogloss-mcp/isogloss/interop-tests/peers/go

go 1.25

require (
	github.com/isogloss-mcp/isogloss/bindings/go v0.1.0
	isogloss/steps v0.0.0
)

replace (
	github.com/isogloss-mcp/isogloss/bindings/go => ../../../bindings/go
	isogloss/steps => ../../steps/go
)
