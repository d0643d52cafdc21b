// The two modes of the Go SDK peer: `server`, and `client <stdio|http> <auto|legacy|modern> <command…|url>`.
package main

import (
	"context"
	"fmt"
	"os"
	"slices"
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
	case len(args) > 3 && args[0] == "client" && slices.Contains(eras, args[2]):
		os.Exit(runClient(context.Background(), args[1], args[2], args[3:]))
	default:
		fmt.Fprintln(os.Stderr, "usage: go-sdk-peer server | client <stdio|http> <auto|legacy|modern> <command…|url>")
		os.Exit(2)
	}
}
