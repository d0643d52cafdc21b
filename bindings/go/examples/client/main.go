// Client starts a server, and asks it for a forecast: go run ./examples/client go run ./examples/weather
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
)

func main() {
	if len(os.Args) < 2 {
		log.Fatal("usage: client <command of a server …>")
	}
	if err := ask(context.Background(), isogloss.Command(os.Args[1], os.Args[2:]...)); err != nil {
		log.Fatal(err)
	}
}

func ask(ctx context.Context, server isogloss.Target) error {
	client, err := isogloss.Connect(ctx, server, nil)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	forecast, err := isogloss.Call[string](ctx, client, "get_forecast", map[string]string{"city": "Oslo"}, nil)
	if err != nil {
		return err
	}
	fmt.Println(forecast)
	return nil
}
