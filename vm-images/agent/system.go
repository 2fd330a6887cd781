package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

func init() {
	operations["hello"] = hello
	operations["time"] = setTime
	operations["entropy"] = addEntropy
	operations["usage"] = usage
}

func hello(c *call) error {
	return c.reply(map[string]any{"version": version, "features": []string{"exec", "pty", "files", "watch", "dial", "http", "time", "entropy", "usage", "fetch"}})
}

// Bounds of a believable clock, milliseconds: 2020 to 2037 (32 bits of seconds end in 2038).
const (
	earliest = 1577836800000
	latest   = 2145916800000
)

func setTime(c *call) error {
	var options struct {
		Milliseconds int64 `json:"milliseconds"`
	}
	if err := c.decode(&options); err != nil {
		return err
	}
	if options.Milliseconds < earliest || options.Milliseconds > latest {
		return failure{"agent.bad-request", fmt.Sprintf("%d is no time between 2020 and 2037 in milliseconds", options.Milliseconds)}
	}
	now := unix.NsecToTimeval(options.Milliseconds * 1e6)
	if err := unix.Settimeofday(&now); err != nil {
		return fmt.Errorf("set the clock: %w", err)
	}
	return c.reply(nil)
}

const leastEntropy = 32

// addEntropy mixes the page's random bytes in, counts them, and forces the generator to take a new key from them now: after a
// restore every copy of the guest would otherwise draw the same numbers.
func addEntropy(c *call) error {
	var options struct {
		Bytes string `json:"bytes"` // base64
	}
	if err := c.decode(&options); err != nil {
		return err
	}
	seed, err := base64.StdEncoding.DecodeString(options.Bytes)
	if err != nil || len(seed) < leastEntropy {
		return failure{"agent.bad-request", fmt.Sprintf("entropy needs %d bytes or more, in base64", leastEntropy)}
	}
	device, err := os.OpenFile("/dev/urandom", os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer device.Close()
	if _, err := device.Write(seed); err != nil {
		return err
	}
	// struct rand_pool_info: bits, bytes, data
	info := binary.NativeEndian.AppendUint32(nil, uint32(len(seed)*8))
	info = binary.NativeEndian.AppendUint32(info, uint32(len(seed)))
	info = append(info, seed...)
	if _, _, code := syscall.Syscall(syscall.SYS_IOCTL, device.Fd(), unix.RNDADDENTROPY, uintptr(unsafe.Pointer(&info[0]))); code != 0 {
		return fmt.Errorf("add entropy: %w", code)
	}
	if _, _, code := syscall.Syscall(syscall.SYS_IOCTL, device.Fd(), reseedRequest, 0); code != 0 {
		return fmt.Errorf("reseed: %w", code)
	}
	return c.reply(nil)
}

// RNDRESEEDCRNG of linux/random.h: _IO('R', 0x07)
const reseedRequest = 'R'<<8 | 0x07

var processor struct {
	sync.Mutex
	busy, total uint64
}

func usage(c *call) error {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return err
	}
	line, _, _ := strings.Cut(string(stat), "\n")
	var busy, total uint64
	for i, field := range strings.Fields(line) {
		ticks, err := strconv.ParseUint(field, 10, 64)
		if err != nil || i > 8 { // guest time is in user time already
			continue
		}
		total += ticks
		if i != 4 && i != 5 { // idle, waiting for the disk
			busy += ticks
		}
	}
	share := 0.0
	processor.Lock()
	if total > processor.total && busy >= processor.busy {
		share = float64(busy-processor.busy) / float64(total-processor.total)
	}
	processor.busy, processor.total = busy, total
	processor.Unlock()
	memory, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return err
	}
	return c.reply(map[string]any{"processor": share, "memoryTotal": kilobytes(memory, "MemTotal:") << 10, "memoryAvailable": kilobytes(memory, "MemAvailable:") << 10})
}

func kilobytes(text []byte, name string) uint64 {
	_, after, _ := strings.Cut(string(text), name)
	fields := strings.Fields(after)
	if len(fields) == 0 {
		return 0
	}
	value, _ := strconv.ParseUint(fields[0], 10, 64)
	return value
}
