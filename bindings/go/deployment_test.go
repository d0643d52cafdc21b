package isogloss_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The guide's page on deployment, started as it stands there: its server under its
// unit's command, two workers of it behind nginx with its configuration. Ports and
// the paths of files are the test's. Without nginx it says that it was not run.

const bookings = "mcp.example.com"

// deployment is what the page says, running.
type deployment struct {
	t       *testing.T
	folder  string
	page    string
	ports   [3]int // of nginx and its workers
	workers []*exec.Cmd
	http    *http.Client
}

func TestDeploymentOfTheGuide(t *testing.T) {
	nginx := program("nginx")
	if nginx == "" || testing.Short() {
		t.Skip("the guide's deployment was not run, for want of nginx or time")
	}
	page, err := os.ReadFile("../../docs/guide/go/deployment.md")
	if err != nil {
		t.Fatal(err)
	}
	d := &deployment{t: t, folder: t.TempDir(), page: string(page)}
	for i := range d.ports {
		d.ports[i] = freePort(t)
	}
	d.build()
	d.certify()
	for _, port := range d.ports[1:] {
		d.startWorker(port)
	}
	d.startNginx(nginx)
	for _, port := range d.ports[1:] {
		health := fmt.Sprintf("http://127.0.0.1:%d/health", port)
		d.untilServes(health, func() bool {
			r, err := http.Get(health)
			if err == nil {
				_ = r.Body.Close()
			}
			return err == nil && r.StatusCode == http.StatusOK
		})
	}
	http.DefaultClient.CloseIdleConnections()
	d.untilServes("nginx", func() bool {
		r, err := d.http.Do(d.request("POST", hello))
		if err == nil {
			_ = r.Body.Close()
		}
		return err == nil && r.StatusCode == http.StatusOK
	})
	d.check()
	d.verifyUnit()
	d.stopWorkers()
}

// check asks as clients do.
func (d *deployment) check() {
	t := d.t
	// What one worker asked is answered by another.
	call := func(more string) string {
		return `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{` + meta + `,"name":"book","arguments":{"people":4}` + more + `}}`
	}
	headers := []string{"MCP-Protocol-Version: 2026-07-28", "Mcp-Method: tools/call", "Mcp-Name: book"}
	one := d.ask(call(""), headers...)
	var asked answer
	if err := json.Unmarshal([]byte(one.body), &asked); err != nil {
		t.Fatal(one.body, err)
	}
	other := d.ask(call(","+answers(yes("question-1", "{}"))+","+state(asked)), headers...)
	if !strings.Contains(other.body, "A table for 4 is booked.") || one.worker == other.worker {
		t.Errorf("asked by %s, answered by %s: %s", one.worker, other.worker, other.body)
	}
	// A legacy client is led to the worker that has its session.
	opened := d.ask(strings.Replace(hello, "2025-06-18", "2025-11-25", 1))
	session := []string{"Mcp-Session-Id: " + opened.session, "MCP-Protocol-Version: 2025-11-25"}
	for range 4 {
		if got := d.ask(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, session...); got.status != 200 || got.worker != opened.worker {
			t.Errorf("opened at %s, asked at %s: %d %s", opened.worker, got.worker, got.status, got.body)
		}
	}
	// A stream is not held back.
	r, err := d.http.Do(d.request("GET", "", session...))
	if err != nil {
		t.Fatal(err)
	}
	first := make([]byte, 4)
	if _, err := io.ReadFull(r.Body, first); err != nil || string(first) != "id: " {
		t.Errorf("got %q, %v", first, err)
	}
	_ = r.Body.Close()
	// Another name is refused by the server itself.
	elsewhere := d.request("POST", hello)
	elsewhere.Host = "elsewhere.example"
	if got := d.answered(elsewhere); got.status != 403 || !strings.Contains(got.body, "AllowedHosts") {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

type asked struct {
	status                int
	body, session, worker string
}

func (d *deployment) ask(body string, headers ...string) asked {
	d.t.Helper()
	return d.answered(d.request("POST", body, headers...))
}

func (d *deployment) answered(r *http.Request) asked {
	d.t.Helper()
	response, err := d.http.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return asked{response.StatusCode, string(text), response.Header.Get("Mcp-Session-Id"), response.Header.Get("X-Worker")}
}

func (d *deployment) request(method, body string, headers ...string) *http.Request {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), method, "https://"+bookings+"/mcp", strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
	}
	return r
}

// block is the first block of the page in a language, with others in the place of
// some texts that have to be there.
func (d *deployment) block(language string, replaced ...string) string {
	d.t.Helper()
	_, text, there := strings.Cut(d.page, "```"+language+"\n")
	if !there {
		d.t.Fatalf("the page has no block of %s", language)
	}
	text, _, _ = strings.Cut(text, "```\n")
	for i := 0; i < len(replaced); i += 2 {
		if !strings.Contains(text, replaced[i]) {
			d.t.Fatalf("the block of %s has no %s", language, replaced[i])
		}
		text = strings.ReplaceAll(text, replaced[i], replaced[i+1])
	}
	return text
}

func (d *deployment) path(name string) string { return filepath.Join(d.folder, name) }

func (d *deployment) write(name, text string) string {
	d.t.Helper()
	if err := os.WriteFile(d.path(name), []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
	return d.path(name)
}

func (d *deployment) build() {
	d.t.Helper()
	main := d.write("main.go", d.block("go"))
	if said, err := exec.CommandContext(d.t.Context(), "go", "build", "-o", d.path("bookings"), main).CombinedOutput(); err != nil {
		d.t.Fatalf("%v\n%s", err, said)
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it never fails
	d.write("state-key", string(key))
}

// certify makes a certificate of the server's name, and a client that trusts it.
func (d *deployment) certify() {
	d.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		d.t.Fatal(err)
	}
	is := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{bookings}, NotAfter: time.Now().Add(time.Hour)}
	text, err := x509.CreateCertificate(rand.Reader, is, is, &key.PublicKey, key)
	if err != nil {
		d.t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		d.t.Fatal(err)
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: text})
	d.write("certificate.pem", string(certificate))
	d.write("key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(certificate)
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: trusted, ServerName: bookings},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, fmt.Sprintf("127.0.0.1:%d", d.ports[0]))
		},
	}
	d.http = &http.Client{Transport: transport}
	d.t.Cleanup(transport.CloseIdleConnections)
}

// unit is the page's, its program being the test's.
func (d *deployment) unit() string {
	return d.block("ini", "/opt/bookings/bookings", d.path("bookings"))
}

// startWorker starts a worker by the unit's command, as systemd would at this port.
func (d *deployment) startWorker(port int) {
	d.t.Helper()
	_, command, _ := strings.Cut(d.unit(), "ExecStart=")
	command, _, _ = strings.Cut(command, "\n")
	words := strings.Fields(strings.ReplaceAll(command, "%i", fmt.Sprint(port)))
	worker := exec.Command(words[0], words[1:]...)
	worker.Env = append(os.Environ(), "CREDENTIALS_DIRECTORY="+d.folder)
	d.workers = append(d.workers, worker)
	d.start(worker)
}

func (d *deployment) startNginx(nginx string) {
	site := d.block("nginx",
		"listen 443 ssl", fmt.Sprintf("listen 127.0.0.1:%d ssl", d.ports[0]),
		"127.0.0.1:8081", fmt.Sprintf("127.0.0.1:%d", d.ports[1]),
		"127.0.0.1:8082", fmt.Sprintf("127.0.0.1:%d", d.ports[2]),
		"/etc/ssl/certs/"+bookings+".pem", d.path("certificate.pem"),
		"/etc/ssl/private/"+bookings+".key", d.path("key.pem"))
	// What surrounds the page's file in /etc/nginx; and a header that tells which worker was asked.
	around := fmt.Sprintf("daemon off;\npid %s;\nerror_log stderr warn;\nevents {}\nhttp {\n  access_log off;\n"+
		"  add_header x-worker $upstream_addr always;\n", d.path("nginx.pid"))
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		around += fmt.Sprintf("  %s_temp_path %s;\n", kind, d.path(kind))
	}
	d.start(exec.Command(nginx, "-e", "stderr", "-p", d.folder, "-c", d.write("nginx.conf", around+site+"}\n")))
}

// start runs a program until the test is over; what it says is shown if that fails.
func (d *deployment) start(command *exec.Cmd) {
	d.t.Helper()
	var said bytes.Buffer
	command.Stderr = &said
	if err := command.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		_ = command.Wait()
		if d.t.Failed() {
			d.t.Logf("%s said:\n%s", command.Path, said.String())
		}
	})
}

// untilServes waits for a program that was just started.
func (d *deployment) untilServes(what string, serves func() bool) {
	d.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !serves(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			d.t.Fatalf("%s does not serve", what)
		}
	}
}

// verifyUnit has systemd look at the unit, where it is there.
func (d *deployment) verifyUnit() {
	systemd := program("systemd-analyze")
	if systemd == "" {
		d.t.Log("systemd's look at the guide's unit was not run, for want of systemd")
		return
	}
	d.write("bookings@.service", d.unit())
	said, _ := exec.CommandContext(d.t.Context(), systemd, "verify", d.path("bookings@8081.service")).CombinedOutput()
	for line := range strings.Lines(string(said)) {
		if strings.Contains(line, "bookings@") { // of other units it may complain, too
			d.t.Error(line)
		}
	}
}

// stopWorkers stops them as systemd does; they end well.
func (d *deployment) stopWorkers() {
	for _, worker := range d.workers {
		_ = worker.Process.Signal(syscall.SIGTERM)
		if err := worker.Wait(); err != nil {
			d.t.Errorf("a worker ended with %v", err)
		}
	}
}

// program finds a program; nginx is not on everyone's path.
func program(name string) string {
	if found, err := exec.LookPath(name); err == nil {
		return found
	}
	for _, folder := range []string{"/usr/sbin", "/usr/local/sbin"} {
		if found, err := exec.LookPath(filepath.Join(folder, name)); err == nil {
			return found
		}
	}
	return ""
}

func freePort(t *testing.T) int {
	t.Helper()
	probe, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = probe.Close() }()
	return probe.Addr().(*net.TCPAddr).Port
}
