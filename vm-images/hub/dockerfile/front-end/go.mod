module drydock/dockerfile

go 1.23.0

require (
	golang.org/x/net v0.38.0
	google.golang.org/protobuf v1.36.6
)

require golang.org/x/text v0.23.0 // indirect
