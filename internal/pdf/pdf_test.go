package pdf_test

import (
	"bytes"
	"image/color"
	"image/png"
	"strconv"
	"testing"
	"time"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"golang.org/x/image/font/sfnt"

	"sendvery.com/sendvery/internal/pdf"
)

func TestFontsHaveWhatPagesSay(t *testing.T) {
	t.Parallel()
	for name, file := range map[string][]byte{"regular": liberationsansregular.TTF, "bold": liberationsansbold.TTF} {
		font, err := sfnt.Parse(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range "Łódź Žižkov ğ ő ñ ß Ελλάδα Київ – · … “” −\u00a0" {
			if i, err := font.GlyphIndex(nil, r); err != nil || i == 0 {
				t.Errorf("%s lacks %q: %v", name, r, err)
			}
		}
	}
}

func TestBarsShowTheirColours(t *testing.T) {
	t.Parallel()
	picture, err := pdf.Bars{
		Labels: []string{"1 Nov", "2 Nov"}, Number: func(n int64) string { return strconv.FormatInt(n, 10) },
		Series: []pdf.Series{{Name: "Passing", Color: pdf.Color{Red: 1, Green: 200, Blue: 3}, Values: []int64{700, 20}}, {Name: "Unknown", Color: pdf.Color{Red: 200, Blue: 9}, Values: []int64{300, 0}}},
	}.PNG()
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[color.Color]int{}
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			c := color.RGBAModel.Convert(img.At(x, y))
			seen[c]++
		}
	}
	lower, upper := seen[color.RGBA{1, 200, 3, 255}], seen[color.RGBA{200, 0, 9, 255}]
	if share := float64(lower) / float64(upper); upper == 0 || share < 2 || share > 3 {
		t.Errorf("%d and %d points, want about 720 to 300", lower, upper)
	}
}

func TestDocumentWithoutNumbersAndWithSignsThatNoFontHas(t *testing.T) {
	t.Parallel()
	d, err := pdf.New("Nothing 😀 \xff", "foot 😀", time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	d.Lead("Receiver 😀 \xff")
	d.Table([]pdf.Column{{Head: "A", Width: 24}}, nil)
	if err := d.Bars(pdf.Bars{Labels: []string{"1 Nov"}, Series: []pdf.Series{{Name: "None", Values: []int64{0}}}, Number: func(int64) string { return "0" }}); err != nil {
		t.Error(err)
	}
	if b, err := d.Bytes(); err != nil || !bytes.HasPrefix(b, []byte("%PDF-")) {
		t.Errorf("%.10q, %v", b, err)
	}
}
