// Packs a Go module as a module proxy serves it, by the rules that the go command has for module zips.
//
//	pack <module's folder> <version> <proxy's folder>
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

func main() {
	if len(os.Args) != 4 {
		exit(fmt.Errorf("usage: pack <module's folder> <version> <proxy's folder>"))
	}
	file, err := pack(os.Args[1], os.Args[2], os.Args[3])
	exit(err)
	fmt.Println(file)
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// pack writes the three files that a proxy has of a version, and returns the zip's path.
func pack(folder, version, proxy string) (string, error) {
	manifest, err := os.ReadFile(filepath.Join(folder, "go.mod"))
	if err != nil {
		return "", err
	}
	path := modfile.ModulePath(manifest)
	escaped, err := module.EscapePath(path)
	if err != nil {
		return "", err
	}
	at := filepath.Join(proxy, filepath.FromSlash(escaped), "@v")
	if err := os.MkdirAll(at, 0o755); err != nil {
		return "", err
	}
	info := fmt.Sprintf(`{"Version":%q}`, version)
	for name, text := range map[string][]byte{version + ".mod": manifest, version + ".info": []byte(info), "list": []byte(version + "\n")} {
		if err := os.WriteFile(filepath.Join(at, name), text, 0o644); err != nil {
			return "", err
		}
	}
	out, err := os.Create(filepath.Join(at, version+".zip"))
	if err != nil {
		return "", err
	}
	if err := zip.CreateFromDir(out, module.Version{Path: path, Version: version}, folder); err != nil {
		return "", err
	}
	return out.Name(), out.Close()
}
