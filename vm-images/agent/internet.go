package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"syscall"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/net/netutil"
)

// The sandbox's internet: one address in a network namespace of its own, so that the student's ports stay free in the guest.
// Names resolve to it (dns.go); requests to it, their TLS ended (authority.go), go to the page (web.go). It is at the end of
// the guest's default route, so containers reach it through the engine's masquerade. Every other address is unreachable at
// once, not after a timeout.
const (
	internetName = "internet"
	guestLink    = "internet0"
	insideLink   = "guest0"
	prefixBits   = 30
)

var (
	guestAddress    = net.IPv4(198, 18, 0, 1)
	internetAddress = net.IPv4(198, 18, 0, 2)
)

// startInternet answers from now on. authorityFolder: where the image's certificate authority is.
func startInternet(link *link, authorityFolder string) error {
	sockets, err := listenInside()
	if err != nil {
		return err
	}
	names := &nameServer{}
	go names.servePackets(sockets.packets)
	go names.serveStreams(sockets.streams)
	go serveWeb(link, sockets.web)
	authority, err := readAuthority(authorityFolder)
	if err != nil {
		sockets.secure.Close() // refused at once, instead of an answer that never comes
		return err
	}
	go serveWeb(link, tls.NewListener(sockets.secure, authority.config()))
	return nil
}

type internetSockets struct {
	packets net.PacketConn
	streams net.Listener
	web     net.Listener
	secure  net.Listener
}

// listenInside makes namespace, cable and route, and opens the sockets within. Sockets stay where they were opened, so only
// this one thread ever goes there.
func listenInside() (sockets internetSockets, err error) {
	runtime.LockOSThread()
	home, err := netns.Get()
	if err != nil {
		return sockets, err
	}
	defer home.Close()
	returned := false
	defer func() {
		if returned {
			runtime.UnlockOSThread() // else the thread ends with its goroutine
		}
	}()
	// A namespace left by an agent that died has its sockets closed; it is made anew.
	if old, err := netns.GetFromName(internetName); err == nil {
		old.Close()
		netns.DeleteNamed(internetName)
		if cable, err := netlink.LinkByName(guestLink); err == nil {
			netlink.LinkDel(cable)
		}
	}
	os.MkdirAll("/run/netns", 0o755)
	inside, err := netns.NewNamed(internetName)
	if err != nil {
		return sockets, fmt.Errorf("make the namespace: %w", err)
	}
	defer inside.Close()
	if err := netns.Set(home); err != nil {
		return sockets, err
	}
	if err := connectGuest(inside); err != nil {
		return sockets, err
	}
	if err := netns.Set(inside); err != nil {
		return sockets, err
	}
	err = errors.Join(connectInside(), sockets.open())
	if back := netns.Set(home); back != nil {
		return sockets, errors.Join(err, back)
	}
	returned = true
	return sockets, err
}

// connectGuest lays the cable, and the guest's default route over it.
func connectGuest(inside netns.NsHandle) error {
	cable := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: guestLink}, PeerName: insideLink, PeerNamespace: netlink.NsFd(inside)}
	if err := netlink.LinkAdd(cable); err != nil {
		return fmt.Errorf("make %s: %w", guestLink, err)
	}
	if err := bringUp(guestLink, guestAddress); err != nil {
		return err
	}
	if err := netlink.RouteReplace(&netlink.Route{LinkIndex: linkIndex(guestLink), Gw: internetAddress}); err != nil {
		return fmt.Errorf("default route: %w", err)
	}
	return nil
}

// connectInside, in the namespace: addresses up; what is for another address is forwarded into "unreachable", which tells the
// sender so.
func connectInside() error {
	if err := bringUp("lo", nil); err != nil {
		return err
	}
	if err := bringUp(insideLink, internetAddress); err != nil {
		return err
	}
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0); err != nil {
		log.Printf("internet: other addresses will time out: %v", err)
	}
	everywhere := &net.IPNet{IP: net.IPv4zero, Mask: net.CIDRMask(0, 32)}
	if err := netlink.RouteReplace(&netlink.Route{Dst: everywhere, Type: syscall.RTN_UNREACHABLE}); err != nil {
		log.Printf("internet: other addresses will time out: %v", err)
	}
	return nil
}

func bringUp(name string, address net.IP) error {
	cable, err := netlink.LinkByName(name)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if address != nil {
		if err := netlink.AddrReplace(cable, &netlink.Addr{IPNet: &net.IPNet{IP: address, Mask: net.CIDRMask(prefixBits, 32)}}); err != nil {
			return fmt.Errorf("address of %s: %w", name, err)
		}
	}
	if err := netlink.LinkSetUp(cable); err != nil {
		return fmt.Errorf("%s up: %w", name, err)
	}
	return nil
}

func linkIndex(name string) int {
	cable, err := netlink.LinkByName(name)
	if err != nil {
		return 0
	}
	return cable.Attrs().Index
}

func (s *internetSockets) open() error {
	var err [4]error
	s.packets, err[0] = net.ListenPacket("udp4", internetAddress.String()+":53")
	s.streams, err[1] = net.Listen("tcp4", internetAddress.String()+":53")
	s.web, err[2] = listenWeb(80)
	s.secure, err[3] = listenWeb(443)
	return errors.Join(err[:]...)
}

// connectionLimit bounds the connections of a port; the rest wait to be accepted. The page takes as many streams.
const connectionLimit = 256

func listenWeb(port int) (net.Listener, error) {
	listener, err := net.Listen("tcp4", net.JoinHostPort(internetAddress.String(), strconv.Itoa(port)))
	if err != nil {
		return nil, err
	}
	return netutil.LimitListener(listener, connectionLimit), nil
}

func serveWeb(link *link, listener net.Listener) {
	server := &http.Server{Handler: webHandler{link}, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, ErrorLog: log.New(discard{}, "", 0)}
	log.Printf("internet: web server ended: %v", server.Serve(listener))
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
