package mimepart

import (
	"bytes"
	"context"
	"io"
	"iter"
)

// Messages splits an mbox file into its mails. Any other source is yielded as
// it is. The error is a failure to read the source.
func Messages(src Source) iter.Seq2[Source, error] {
	return func(yield func(Source, error) bool) {
		head, err := peekAt(src, 5)
		if err != nil {
			yield(src, err)
			return
		}
		if !bytes.Equal(head, []byte("From ")) {
			yield(src, nil)
			return
		}
		split(src, yield)
	}
}

// split cuts before every "From " line that follows a blank line and ends in a
// year, as mbox writers make it.
func split(src Source, yield func(Source, error) bool) {
	var in lines
	in.reset(context.Background(), src, src.Size)
	start, blank := int64(0), false
	for {
		at := in.at()
		line := in.next()
		if line == nil {
			break
		}
		if blank && at > start && fromLine(line) {
			if !yield(section(src, start, at), nil) {
				return
			}
			start = at
		}
		blank = len(bytes.TrimRight(line, "\r\n")) == 0
	}
	if in.err != nil {
		yield(src, in.err)
		return
	}
	yield(section(src, start, src.Size), nil)
}

func section(src Source, from, to int64) Source {
	return Source{ReaderAt: io.NewSectionReader(src, from, to-from), Size: to - from, Name: src.Name}
}

// fromLine tells "From someone Thu Jan  1 00:00:00 2026" from prose.
func fromLine(line []byte) bool {
	if !bytes.HasPrefix(line, []byte("From ")) || bytes.Count(line, []byte(":")) < 2 {
		return false
	}
	for _, word := range bytes.Fields(line)[2:] {
		if len(word) == 4 && (word[0] == '1' && word[1] == '9' || word[0] == '2' && word[1] == '0') {
			return true
		}
	}
	return false
}
