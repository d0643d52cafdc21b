// A server with one tool, on standard input and output.
package main

import (
	"context"
	"fmt"
	"log"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
)

type ask struct {
	City string `json:"city" doc:"City to look up."`
	Days int    `json:"days" doc:"Days ahead." min:"1" max:"10" default:"1"`
}

type forecast struct {
	Summary string `json:"summary"`
}

func main() {
	s := isogloss.New("weather", "1.0.0")
	isogloss.Tool(s, "get_forecast", "Forecast for a city.", func(_ context.Context, in ask) (forecast, error) {
		return forecast{fmt.Sprintf("%s: sunny for %d days", in.City, in.Days)}, nil
	})
	if err := s.ServeStdio(context.Background()); err != nil {
		log.Fatal(err)
	}
}
