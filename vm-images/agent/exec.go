package main

import (
	"encoding/json"
	"io"
	"os"
	"sync"
	"syscall"
	"time"
)

func init() { operations["exec"] = runExec }

// How long the output of a program that has ended is awaited when a child of it still holds the pipe.
const lingering = 300 * time.Millisecond

var signals = map[string]syscall.Signal{"TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL, "INT": syscall.SIGINT, "HUP": syscall.SIGHUP}

func runExec(c *call) error {
	var options programOptions
	if err := c.decode(&options); err != nil {
		return err
	}
	command, err := options.command()
	if err != nil {
		return err
	}
	stdin, err := command.StdinPipe()
	if err != nil {
		return err
	}
	stdout, outEnd, err := os.Pipe()
	if err != nil {
		return err
	}
	defer stdout.Close()
	stderr, errEnd, err := os.Pipe()
	if err != nil {
		outEnd.Close()
		return err
	}
	defer stderr.Close()
	command.Stdout, command.Stderr = outEnd, errEnd
	err = c.session.link.starter.start(command)
	outEnd.Close()
	errEnd.Close()
	if err != nil {
		stdin.Close()
		return err
	}
	pid := command.Process.Pid
	ended := make(chan struct{})
	if err := c.reply(map[string]any{"pid": pid}); err != nil {
		c.cancel()
	}

	// Input: frames until the page gives up, which kills the program.
	input := make(chan []byte)
	go func() {
		// The program need not read its input; the page's signals are heard all the same.
		defer stdin.Close()
		for data := range input {
			if _, err := stdin.Write(data); err != nil {
				for range input {
				}
				return
			}
		}
	}()
	go func() {
		defer c.cancel()
		defer func() {
			if input != nil {
				close(input)
			}
		}()
		for {
			kind, payload, err := readFrame(c.input)
			if err != nil {
				return
			}
			switch kind {
			case frameData:
				if input == nil {
					continue
				}
				select {
				case input <- payload:
				case <-ended:
				case <-c.ctx.Done():
					return
				}
			case frameEnd:
				if input != nil {
					close(input)
					input = nil
				}
			case frameSignal:
				var wanted struct {
					Signal string `json:"signal"`
				}
				if json.Unmarshal(payload, &wanted) == nil && signals[wanted.Signal] != 0 {
					syscall.Kill(-pid, signals[wanted.Signal])
				}
			default:
				c.fail(wrongFrame(kind).(failure))
				return
			}
		}
	}()

	go func() {
		select {
		case <-c.ctx.Done():
			killSession(pid, syscall.SIGKILL)
		case <-ended:
		}
	}()

	var readers sync.WaitGroup
	readers.Add(2)
	go copyFrames(&readers, c, frameData, stdout)
	go copyFrames(&readers, c, frameStderr, stderr)
	state, err := command.Process.Wait()
	close(ended)
	if err != nil {
		return err
	}
	drained := make(chan struct{})
	go func() { readers.Wait(); close(drained) }()
	select {
	case <-drained:
	case <-c.ctx.Done():
		stdout.Close()
		stderr.Close()
	case <-time.After(lingering):
		// A child left behind holds the pipes. What is in them now still goes out.
		stdout.SetReadDeadline(time.Now())
		stderr.SetReadDeadline(time.Now())
		<-drained
	}
	body, _ := json.Marshal(map[string]int{"code": exitCode(state)})
	return c.frames.write(frameExit, body)
}

func copyFrames(done *sync.WaitGroup, c *call, kind byte, from io.Reader) {
	defer done.Done()
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			if c.frames.write(kind, buffer[:n]) != nil {
				c.cancel() // nobody reads: the program ends
				return
			}
		}
		if err != nil {
			return
		}
	}
}
