// The two modes of the Go SDK peer: `server [--http <port>]`, and
// `client <stdio|http> <auto|legacy|modern> <command…|url>`.
package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"isogloss/steps"
)

var eras = []string{"auto", "legacy", "modern"}

func main() {
	args := os.Args[1:]
	switch {
	case len(args) == 1 && args[0] == "server":
		if err := serve(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	case len(args) == 3 && args[0] == "server" && args[1] == "--http":
		fmt.Fprintln(os.Stderr, serveHTTP(args[2]))
		os.Exit(1)
	case len(args) > 3 && args[0] == "client" && slices.Contains(eras, args[2]):
		os.Exit(steps.GoThrough(context.Background(), &caller{transport: args[1], era: args[2], target: args[3:]}))
	default:
		fmt.Fprintln(os.Stderr, "usage: go-sdk-peer server [--http <port>] | client <stdio|http> <auto|legacy|modern> <command…|url>")
		os.Exit(2)
	}
}
