// Weather is a server over standard input and output: go run ./examples/weather
package main

import (
	"context"
	"log"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
)

type place struct {
	City string `json:"city" doc:"City to look up."`
}

func main() {
	s := isogloss.New("weather", "1.0.0")
	isogloss.Tool(s, "get_forecast", "Forecast for a city.", func(_ context.Context, in place) (string, error) {
		return "Sunny in " + in.City + ".", nil
	})
	if err := s.ServeStdio(context.Background()); err != nil {
		log.Fatal(err)
	}
}
