package isogloss

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// From where a server may be asked: the names under which it is reached, and the
// pages whose scripts may reach it. Without it any page that a user looks at could
// talk to the servers on the user's own machine.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#security--endpoint

// loopback are the names of this machine, for itself.
var loopback = []string{"localhost", "127.0.0.1", "[::1]"}

// exposed is what a page needs to see of a response, besides what it sees anyway.
const exposed = "mcp-session-id, mcp-protocol-version, www-authenticate, retry-after"

// admit lets a request in, or refuses it with the setting that would let it in. It
// returns the origin of its page if that is a listed one.
func (h *httpService) admit(r *http.Request) (string, error) {
	host := strings.ToLower(r.Host)
	if host == "" {
		return "", refuse(http.StatusBadRequest, "the Host header is missing")
	}
	name, port := splitHost(host)
	own := slices.Contains(loopback, name)
	named := h.isNamed(host, name)
	if !own && !named && !slices.Contains(h.options.AllowedHosts, "*") {
		return "", refuse(http.StatusForbidden, fmt.Sprintf("the Host header names %q, and this server answers to localhost alone "+
			"unless it is told more names: if %[1]q is one of them, add it to AllowedHosts", r.Host))
	}
	origins := r.Header["Origin"]
	if len(origins) == 0 {
		return "", nil
	}
	if len(origins) > 1 {
		return "", refuse(http.StatusBadRequest, "expected one Origin header, found several")
	}
	origin := origins[0]
	if slices.Contains(h.options.AllowedOrigins, origin) {
		return origin, nil
	}
	scheme, page, _ := strings.Cut(strings.ToLower(origin), "://")
	usual, known := map[string]string{"http": "80", "https": "443"}[scheme]
	theirs, theirPort := splitHost(page)
	switch {
	case !known:
	case own && slices.Contains(loopback, theirs):
		return "", nil
	// Under a name that only * lets in, a page could be anybody's.
	case named && theirs == name && either(theirPort, usual) == either(port, usual):
		return "", nil
	}
	return "", unknownOrigin(origin)
}

func unknownOrigin(origin string) error {
	return refuse(http.StatusForbidden, fmt.Sprintf("a page of %q asks, and this server answers no pages of other sites unless it is "+
		"told to: if it should answer this one, add %[1]q to AllowedOrigins", origin))
}

// isNamed reports whether the server was told that it has this name.
func (h *httpService) isNamed(host, name string) bool {
	is := func(known string) bool { return strings.EqualFold(known, host) || strings.EqualFold(known, name) }
	if slices.ContainsFunc(h.options.AllowedHosts, is) {
		return true
	}
	at := h.listens.Load()
	return at != nil && is(*at)
}

// listensAt lets the address in that the server listens at. One that is all
// addresses names none.
func (h *httpService) listensAt(address net.Addr) {
	tcp, ok := address.(*net.TCPAddr)
	if !ok || tcp.IP.IsUnspecified() {
		return
	}
	name, _ := splitHost(net.JoinHostPort(tcp.IP.String(), "0"))
	h.listens.Store(&name)
}

func either(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// splitHost parts a host's name from its port, if it has one.
func splitHost(host string) (name, port string) {
	i := strings.LastIndexByte(host, ':')
	if i < 0 || strings.HasSuffix(host, "]") {
		return host, ""
	}
	if _, err := strconv.ParseUint(host[i+1:], 10, 16); err != nil {
		return host, ""
	}
	return host[:i], host[i+1:]
}

// expose lets a page of a listed origin see the response.
func expose(h http.Header, listed string) {
	if listed == "" {
		return
	}
	h.Set("Access-Control-Allow-Origin", listed)
	h.Set("Access-Control-Expose-Headers", exposed)
	h.Add("Vary", "origin")
}

// preflight answers a browser that asks, before a page does, what the page may do.
// It reports whether it was that.
func preflight(w http.ResponseWriter, r *http.Request, methods, listed string) (bool, error) {
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false, nil
	}
	if listed == "" {
		return true, unknownOrigin(r.Header.Get("Origin"))
	}
	w.Header().Set("Access-Control-Allow-Methods", methods)
	// Any: the arguments that headers repeat have names of the tools' own.
	if wanted := r.Header.Get("Access-Control-Request-Headers"); wanted != "" {
		w.Header().Set("Access-Control-Allow-Headers", wanted)
	}
	w.Header().Set("Access-Control-Max-Age", strconv.Itoa(int(protocol.CorsMaxAge.Seconds())))
	w.WriteHeader(http.StatusNoContent)
	return true, nil
}
