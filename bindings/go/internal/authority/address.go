// Package authority asks authorization servers: which addresses may be asked,
// where their metadata is, and within which bounds they answer. Server auth and
// the OAuth client have it in common; what an answer means is theirs.
package authority

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// Address reads an address that may be asked, or named to clients: HTTPS, or plain
// HTTP on this machine. The error says what is wrong with it and what to do; what
// names the setting or member that it comes from.
func Address(what, text string) (*url.URL, error) {
	wrong := func(why string) error { return fmt.Errorf("%s %q: %s", what, text, why) }
	if strings.Contains(text, "#") {
		return nil, wrong(`an address with a fragment is not allowed; leave out what begins with "#"`)
	}
	if text == "" || strings.ContainsFunc(text, func(c rune) bool { return c <= ' ' || c > '~' || c == '\\' }) {
		return nil, wrong("expected an address such as https://host: found characters that none has")
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, wrong("expected an address such as https://host: this is none")
	}
	switch {
	case u.Scheme == "" || u.Hostname() == "":
		return nil, wrong("expected an absolute address such as https://host")
	case u.User != nil:
		return nil, wrong(`an address with a user in it is not allowed; leave out what ends with "@"`)
	case u.Scheme == "http" && !IsLoopback(u):
		return nil, wrong("plain http is for addresses of this machine alone; use https")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, wrong("expected https")
	}
	return u, nil
}

// IsLoopback reports whether an address is one of this machine, as its own
// programs name it: plain HTTP will do there.
func IsLoopback(u *url.URL) bool {
	ip, err := netip.ParseAddr(u.Hostname())
	if err != nil {
		return strings.EqualFold(u.Hostname(), "localhost")
	}
	return ip.IsLoopback()
}

// IsThisMachine reports whether an address leads to this machine, however it is
// written: nobody elsewhere has a say in what is asked of it.
func IsThisMachine(u *url.URL) bool {
	ip, err := netip.ParseAddr(u.Hostname())
	if err != nil {
		name := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
		return name == "localhost" || strings.HasSuffix(name, ".localhost") || isNumber(name)
	}
	ip = ip.Unmap()
	return ip.IsLoopback() || ip.IsUnspecified() || ip.Is4() && ip.As4()[0] == 0
}

// isNumber reports whether a host is an IPv4 address in a spelling of its own,
// which some resolvers read: 127.1, 0x7f000001. No name ends in a number.
func isNumber(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	return last != "" && '0' <= last[0] && last[0] <= '9'
}

// SameResource reports whether two identifiers name one resource. Scheme and host
// may differ in case, and a host alone may end with a slash; everything else
// counts as it stands.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization#canonical-server-uri
func SameResource(one, other string) bool {
	return one == other || canonical(one) == canonical(other)
}

func canonical(text string) string {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		return text
	}
	host, path := rest, ""
	if at := strings.IndexAny(rest, "/?#"); at >= 0 {
		host, path = rest[:at], rest[at:]
	}
	if path == "/" {
		path = ""
	}
	return strings.ToLower(scheme) + "://" + strings.ToLower(host) + path
}

// Origin is the scheme and the host of an address, with its port if it names one.
func Origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

// WellKnown is an address with /.well-known/<name> before its path, as RFC 8414
// and RFC 9728 have it.
func WellKnown(u *url.URL, name string) string {
	address := Origin(u) + "/.well-known/" + name + Path(u)
	if u.RawQuery != "" {
		address += "?" + u.RawQuery
	}
	return address
}

// Path is the path of an address, without the slashes at its end.
func Path(u *url.URL) string { return strings.TrimRight(u.EscapedPath(), "/") }

// Places are where an issuer's metadata may be, best first.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/authorization-server-discovery#authorization-server-metadata-discovery
func Places(issuer *url.URL) []string {
	places := []string{WellKnown(issuer, "oauth-authorization-server"), WellKnown(issuer, "openid-configuration")}
	if path := Path(issuer); path != "" {
		places = append(places, Origin(issuer)+path+"/.well-known/openid-configuration")
	}
	return places
}
