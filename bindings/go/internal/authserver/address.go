package authserver

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Checked is an address that may be asked, or named to clients: HTTPS, or HTTP on
// this machine. Its host is in lower case. The error begins with what and says what
// to do.
func Checked(what, text string) (*url.URL, error) {
	wrong := func(why string) (*url.URL, error) { return nil, fmt.Errorf("%s %q: %s", what, text, why) }
	// A fragment of nothing is dropped in silence by the parser.
	if strings.Contains(text, "#") {
		return wrong(`an address with a fragment is not allowed; leave out what begins with "#"`)
	}
	if !isVisible(text) {
		return wrong("expected an address such as https://host: found characters that none has")
	}
	u, err := url.Parse(text)
	if err != nil {
		return wrong("expected an address such as https://host: this is none")
	}
	switch {
	case u.User != nil:
		return wrong(`an address with a user in it is not allowed; leave out what ends with "@"`)
	case u.Scheme == "" || u.Hostname() == "":
		return wrong("expected an absolute address such as https://host")
	case isShortNumber(u.Hostname()):
		return wrong("the host is a number in short, which some take for an address of this machine; write all four parts")
	}
	u.Host = strings.ToLower(u.Host)
	switch {
	case u.Scheme == "https", u.Scheme == "http" && IsLoopback(u):
		return u, nil
	case u.Scheme == "http":
		return wrong("plain http is for addresses of this machine alone; use https")
	}
	return wrong("expected https")
}

func isVisible(text string) bool {
	for i := range len(text) {
		if text[i] <= ' ' || text[i] > '~' {
			return false
		}
	}
	return text != ""
}

// isShortNumber tells a host such as 127.1 or 0x7f000001, which the resolvers of
// some systems take for an IPv4 address.
func isShortNumber(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return false
	}
	host = strings.TrimSuffix(host, ".")
	last := host[strings.LastIndexByte(host, '.')+1:]
	// Base 0 also reads 0x7f and 017; what is out of range is a number, too.
	_, err := strconv.ParseUint(last, 0, 64)
	return err == nil || strings.Trim(last, "0123456789") == ""
}

// IsLoopback tells whether an address is one of this machine, as its own programs
// name it: plain HTTP will do there.
func IsLoopback(u *url.URL) bool {
	host := u.Hostname()
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.IsLoopback() && !ip.Is4In6()
	}
	return strings.EqualFold(host, "localhost")
}

// IsThisMachine tells whether an address leads to this machine, however it is
// written: nobody elsewhere has a say in what is asked of it.
func IsThisMachine(u *url.URL) bool {
	host := strings.ToLower(u.Hostname())
	if ip, err := netip.ParseAddr(host); err == nil {
		ip = ip.Unmap()
		return ip.IsLoopback() || ip.IsUnspecified() || ip.Is4() && ip.As4()[0] == 0
	}
	host = strings.TrimSuffix(host, ".")
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// Origin is the scheme and the authority of an address.
func Origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

// SameOrigin tells whether two addresses have one origin: the case of a host does
// not count, nor whether the usual port is written.
func SameOrigin(one, other *url.URL) bool {
	return one.Scheme == other.Scheme && strings.EqualFold(one.Hostname(), other.Hostname()) && port(one) == port(other)
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

// WellKnown is an address with /.well-known/<name> before its path, as RFC 8414 and
// RFC 9728 have it.
func WellKnown(u *url.URL, name string) string {
	query := ""
	if u.RawQuery != "" {
		query = "?" + u.RawQuery
	}
	return Origin(u) + "/.well-known/" + name + Trimmed(u) + query
}

// Trimmed is the path of an address without the slashes at its end.
func Trimmed(u *url.URL) string { return strings.TrimRight(u.EscapedPath(), "/") }

// Places are where an issuer's metadata may be, best first.
func Places(issuer *url.URL) []string {
	places := []string{WellKnown(issuer, "oauth-authorization-server"), WellKnown(issuer, "openid-configuration")}
	if path := Trimmed(issuer); path != "" {
		places = append(places, Origin(issuer)+path+"/.well-known/openid-configuration")
	}
	return places
}
