// The front end that a Dockerfile asks for in its first line (# syntax=docker/dockerfile:1), as BuildKit runs it: a program in a
// container that speaks gRPC on its standard streams. It hands the build on to the front end that the engine has built in, and
// hands back what that answers: the same results, the same errors at the same lines.
//
// BuildKit's own gateway library would do it in ten lines, but brings gRPC, net/http and TLS along, and an emulated processor unpacks a
// megabyte in a second. Three calls need a little HTTP/2 and a few fields of three messages.
package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// builtIn is the engine's own front end, by BuildKit's name for it.
const builtIn = "dockerfile.v0"

type streams struct {
	io.Reader
	io.Writer
}

func main() {
	if err := forward(streams{os.Stdin, os.Stdout}, os.Environ()); err != nil {
		fmt.Fprintln(os.Stderr, "docker/dockerfile:", err)
		os.Exit(1)
	}
}

// forward solves the build with the built-in front end and returns its result, or its error, to BuildKit.
func forward(conn io.ReadWriter, environment []string) error {
	opened, err := open(conn)
	if err != nil {
		return err
	}
	buildkit := service{opened}
	inputs, err := buildkit.call("Inputs", nil) // what another build is to pass on as a context
	if err != nil {
		return buildkit.fail(err)
	}
	answer, err := buildkit.call("Solve", solveRequest(optionsIn(environment), inputs))
	if err != nil {
		return buildkit.fail(err)
	}
	result, err := resultIn(answer)
	if err != nil {
		return err
	}
	_, err = buildkit.call("Return", result)
	return err
}

// option of a build, as BuildKit gives it to a front end: BUILDKIT_FRONTEND_OPT_<n>=<key>=<value>.
type option struct{ key, value string }

func optionsIn(environment []string) []option {
	var found []option
	for _, variable := range environment {
		name, text, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, "BUILDKIT_FRONTEND_OPT_") {
			continue
		}
		key, value, _ := strings.Cut(text, "=")
		// "source" is this front end's own image; "cmdline", which stays, keeps the built-in one from asking for it again
		if key != "source" {
			found = append(found, option{key, value})
		}
	}
	return found
}
