package main

import (
	"errors"

	"google.golang.org/protobuf/encoding/protowire"
)

// The fields that are used of BuildKit's gateway.proto: messages in, messages out, everything else passed on as it came.
const (
	solveFrontend       = 2
	solveOption         = 3  // map<string, string>
	solveMayReturnMap   = 5  // allowResultReturn
	solveMayReturnArray = 6  // allowResultArrayRef
	solveInput          = 13 // map<string, pb.Definition>
	inputsDefinition    = 1  // the same map
	solvedResult        = 3
	returnResult        = 1
	returnError         = 2
	statusCode          = 1
	statusMessage       = 2
)

var errMalformed = errors.New("BuildKit's answer cannot be read")

func solveRequest(given []option, inputs []byte) []byte {
	message := field(nil, solveFrontend, []byte(builtIn))
	for _, one := range given {
		entry := field(nil, 1, []byte(one.key))
		message = field(message, solveOption, field(entry, 2, []byte(one.value)))
	}
	for _, flag := range []protowire.Number{solveMayReturnMap, solveMayReturnArray} {
		message = protowire.AppendVarint(protowire.AppendTag(message, flag, protowire.VarintType), 1)
	}
	each(inputs, inputsDefinition, func(definition []byte) { message = field(message, solveInput, definition) })
	return message
}

// resultIn makes a ReturnRequest of a SolveResponse.
func resultIn(solved []byte) ([]byte, error) {
	var request []byte
	err := each(solved, solvedResult, func(result []byte) { request = field(nil, returnResult, result) })
	if err == nil && request == nil {
		err = errMalformed
	}
	return request, err
}

// refusalReturned is a ReturnRequest with the error that another call had.
func refusalReturned(refused refusal) []byte {
	status := refused.details
	if len(status) == 0 {
		status = protowire.AppendVarint(protowire.AppendTag(nil, statusCode, protowire.VarintType), uint64(refused.code))
		status = field(status, statusMessage, []byte(refused.message))
	}
	return field(nil, returnError, status)
}

func field(message []byte, number protowire.Number, value []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(message, number, protowire.BytesType), value)
}

// each calls found with every field of that number.
func each(message []byte, number protowire.Number, found func([]byte)) error {
	for len(message) > 0 {
		got, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return errMalformed
		}
		message = message[n:]
		if got == number && kind == protowire.BytesType {
			value, n := protowire.ConsumeBytes(message)
			if n < 0 {
				return errMalformed
			}
			found(value)
			message = message[n:]
			continue
		}
		if n = protowire.ConsumeFieldValue(got, kind, message); n < 0 {
			return errMalformed
		}
		message = message[n:]
	}
	return nil
}
