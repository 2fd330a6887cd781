package main

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// service is BuildKit's LLBBridge, by gRPC.
type service struct{ conn *connection }

// refusal is a gRPC status other than OK. details: a google.rpc.Status with everything, such as the line of the Dockerfile.
type refusal struct {
	code    int
	message string
	details []byte
}

func (r refusal) Error() string { return r.message }

var requestFields = [][2]string{{"content-type", "application/grpc"}, {"te", "trailers"}}

// call sends one message and reads the one that answers it. The error is a refusal where BuildKit gave one.
func (s service) call(method string, message []byte) ([]byte, error) {
	framed := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message)))
	answer, err := s.conn.post("/moby.buildkit.v1.frontend.LLBBridge/"+method, requestFields, append(framed, message...))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	code, err := strconv.Atoi(answer.fields["grpc-status"])
	if err != nil {
		return nil, fmt.Errorf("%s: BuildKit answered %s and no gRPC status", method, answer.fields[":status"])
	}
	if code != 0 {
		details, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(answer.fields["grpc-status-details-bin"], "="))
		if err != nil {
			details = nil // the message says it too, without the place
		}
		return nil, refusal{code, unescaped(answer.fields["grpc-message"]), details}
	}
	body := answer.body
	if len(body) < 5 || body[0] != 0 || int(binary.BigEndian.Uint32(body[1:])) != len(body)-5 {
		return nil, fmt.Errorf("%s: BuildKit's answer is no gRPC message", method)
	}
	return body[5:], nil
}

// fail returns a refusal to BuildKit as this front end's own answer. Anything else is an error of this program.
func (s service) fail(err error) error {
	var refused refusal
	if !errors.As(err, &refused) {
		return err
	}
	_, err = s.call("Return", refusalReturned(refused))
	return err
}

// unescaped undoes the percent-encoding of a status's message.
func unescaped(text string) string {
	var plain strings.Builder
	for at := 0; at < len(text); at++ {
		if text[at] == '%' && at+2 < len(text) {
			if code, err := strconv.ParseUint(text[at+1:at+3], 16, 8); err == nil {
				plain.WriteByte(byte(code))
				at += 2
				continue
			}
		}
		plain.WriteByte(text[at])
	}
	return plain.String()
}
