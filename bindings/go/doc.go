// Package isogloss has servers and clients of the Model Context Protocol.
//
// A server is a value that tools, resources and prompts are added to; it speaks
// every revision of the protocol, over any transport:
//
//	s := isogloss.New("weather", "1.0.0")
//	isogloss.Tool(s, "get_forecast", "Forecast for a city.",
//		func(ctx context.Context, in In) (Forecast, error) { … })
//	err := s.ServeStdio(ctx)                          // or
//	err := s.ListenAndServe(ctx, "127.0.0.1:8080")    // or
//	http.Handle("/mcp", s)
//
// A client is connected to a command, to an address, or to a server of the same
// process:
//
//	client, err := isogloss.Connect(ctx, isogloss.Command("weather-server"), nil)
//	forecast, err := isogloss.Call[Forecast](ctx, client, "get_forecast", In{City: "Oslo"}, nil)
//
// The messages are in package protocol. Errors of this package are *[Error].
package isogloss
