// Checks what trial-ledger exports with the code that Go uses for its checksum database
// (golang.org/x/mod/sumdb/note and tlog): nothing here shares a line with the Swift code.
//
//	check-tlog folder DIR VERIFIER-KEY [PROOF...]   an exported folder, and proofs of its events
//	check-tlog pairs FILE                           digests of all proofs of the tree of "leaf N"s
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	var err error
	switch {
	case len(os.Args) >= 4 && os.Args[1] == "folder":
		err = checkFolder(os.Args[2], os.Args[3], os.Args[4:])
	case len(os.Args) == 3 && os.Args[1] == "pairs":
		err = checkPairs(os.Args[2])
	default:
		err = fmt.Errorf("usage: check-tlog folder DIR VERIFIER-KEY [PROOF...] | pairs FILE")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "check-tlog:", err)
		os.Exit(1)
	}
}

// open checks a checkpoint's signature and reads size and root.
func open(checkpoint []byte, key string) (tree tlog.Tree, err error) {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return tree, err
	}
	opened, err := note.Open(checkpoint, note.VerifierList(verifier))
	if err != nil {
		return tree, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return tree, fmt.Errorf("the checkpoint is not of %s", verifier.Name())
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return tree, err
	}
	tree.Hash, err = tlog.ParseHash(lines[2])
	return tree, err
}

// tiles reads the hash tiles of a folder; what it gives is checked against the tree's root by tlog.
type tiles struct{ folder string }

func (t tiles) Height() int { return 8 }

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range wanted {
		// tlog writes the height into the path, tlog-tiles does not.
		path := "tile/" + strings.TrimPrefix(tile.Path(), "tile/8/")
		data, err := os.ReadFile(filepath.Join(t.folder, path))
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func checkFolder(folder, key string, proofs []string) error {
	checkpoint, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return err
	}
	tree, err := open(checkpoint, key)
	if err != nil {
		return err
	}
	reader := tlog.TileHashReader(tree, tiles{folder})
	for start := int64(0); start < tree.N; start += 256 {
		if err := checkBundle(folder, tree, reader, start); err != nil {
			return err
		}
	}
	for _, path := range proofs {
		if err := checkProof(path, key, reader, tree); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	fmt.Printf("%d entries, %d proofs: all under the root %v\n", tree.N, len(proofs), tree.Hash)
	return nil
}

// checkBundle compares the entries of one bundle with the leaf hashes that the root vouches for.
func checkBundle(folder string, tree tlog.Tree, reader tlog.HashReader, start int64) error {
	width := tree.N - start
	if width > 256 {
		width = 256
	}
	tile := tlog.Tile{H: 8, L: -1, N: start / 256, W: int(width)}
	path := "tile/entries/" + strings.TrimPrefix(tile.Path(), "tile/8/data/")
	data, err := os.ReadFile(filepath.Join(folder, path))
	if err != nil {
		return err
	}
	var indexes []int64
	for i := int64(0); i < width; i++ {
		indexes = append(indexes, tlog.StoredHashIndex(0, start+i))
	}
	hashes, err := reader.ReadHashes(indexes)
	if err != nil {
		return err
	}
	for i, hash := range hashes {
		if len(data) < 2 || len(data) < 2+int(data[0])<<8+int(data[1]) {
			return fmt.Errorf("%s ends inside entry %d", path, i)
		}
		size := int(data[0])<<8 + int(data[1])
		if tlog.RecordHash(data[2:2+size]) != hash {
			return fmt.Errorf("%s: entry %d has another hash than its tile", path, i)
		}
		data = data[2+size:]
	}
	if len(data) > 0 {
		return fmt.Errorf("%s has bytes behind its last entry", path)
	}
	return nil
}

// checkProof checks a tlog-proof file by itself, and that its hashes are those of the folder's tiles.
func checkProof(path, key string, reader tlog.HashReader, newest tlog.Tree) error {
	file, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	head, checkpoint, found := bytes.Cut(file, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !found || len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return fmt.Errorf("not a tlog-proof with an event in it")
	}
	event, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
	if err != nil {
		return err
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
	if err != nil {
		return err
	}
	var proof tlog.RecordProof
	for _, line := range lines[3:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return err
		}
		proof = append(proof, hash)
	}
	tree, err := open(checkpoint, key)
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(event)); err != nil {
		return err
	}
	if tree.N > newest.N {
		return nil
	}
	ours, err := tlog.ProveRecord(tree.N, index, reader)
	if err != nil {
		return err
	}
	if digest(ours) != digest(proof) {
		return fmt.Errorf("the tiles give another proof")
	}
	grown, err := tlog.ProveTree(newest.N, tree.N, reader)
	if err != nil {
		return err
	}
	return tlog.CheckTree(grown, newest.N, newest.Hash, tree.N, tree.Hash)
}

// checkPairs compares lines "root SIZE HASH", "inclusion INDEX SIZE DIGEST" and
// "consistency OLD NEW DIGEST" with what tlog makes itself; a digest is over the proof's hashes.
func checkPairs(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	var stored []tlog.Hash
	read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var hashes []tlog.Hash
		for _, index := range indexes {
			hashes = append(hashes, stored[index])
		}
		return hashes, nil
	})
	for n := int64(0); n < 512; n++ {
		hashes, err := tlog.StoredHashes(n, []byte(fmt.Sprintf("leaf %d", n)), read)
		if err != nil {
			return err
		}
		stored = append(stored, hashes...)
	}
	counts := map[string]int{}
	scanner := bufio.NewScanner(file)
	for scanner.Scan() {
		words := strings.Fields(scanner.Text())
		var numbers []int64
		for _, word := range words[1 : len(words)-1] {
			number, err := strconv.ParseInt(word, 10, 64)
			if err != nil {
				return err
			}
			numbers = append(numbers, number)
		}
		var want string
		switch words[0] {
		case "root":
			root, err := tlog.TreeHash(numbers[0], read)
			if err != nil {
				return err
			}
			want = fmt.Sprintf("%x", root[:])
		case "inclusion":
			proof, err := tlog.ProveRecord(numbers[1], numbers[0], read)
			if err != nil {
				return err
			}
			want = digest(proof)
		case "consistency":
			proof, err := tlog.ProveTree(numbers[1], numbers[0], read)
			if err != nil {
				return err
			}
			want = digest(proof)
		default:
			return fmt.Errorf("unknown line: %s", scanner.Text())
		}
		if words[len(words)-1] != want {
			return fmt.Errorf("%s: Go has %s", scanner.Text(), want)
		}
		counts[words[0]]++
	}
	fmt.Printf("%d roots, %d inclusion proofs, %d consistency proofs are Go's\n",
		counts["root"], counts["inclusion"], counts["consistency"])
	return scanner.Err()
}

func digest(hashes []tlog.Hash) string {
	sum := sha256.New()
	for _, hash := range hashes {
		sum.Write(hash[:])
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}
