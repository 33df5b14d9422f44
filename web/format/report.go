package format

import "strings"

// Language names the language of a tag (RFC 5646), "de-AT", in English; a tag
// that is not known stays as it is.
func Language(tag string) string {
	primary, _, _ := strings.Cut(strings.ReplaceAll(strings.ToLower(tag), "_", "-"), "-")
	if name, ok := languages[primary]; ok {
		return name
	}
	return tag
}

// languages are those that mail services write in.
var languages = map[string]string{
	"ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "ca": "Catalan", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek",
	"en": "English", "es": "Spanish", "et": "Estonian", "fa": "Persian", "fi": "Finnish", "fr": "French", "ga": "Irish", "he": "Hebrew",
	"hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "id": "Indonesian", "is": "Icelandic", "it": "Italian", "ja": "Japanese", "ko": "Korean",
	"lt": "Lithuanian", "lv": "Latvian", "mt": "Maltese", "nb": "Norwegian", "nl": "Dutch", "nn": "Norwegian", "no": "Norwegian", "pl": "Polish",
	"pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sl": "Slovenian", "sr": "Serbian", "sv": "Swedish", "th": "Thai",
	"tr": "Turkish", "uk": "Ukrainian", "vi": "Vietnamese", "zh": "Chinese",
}

// Sample says how often something was found in a report, and quotes the first:
// "3 times; the first says “15”." It is empty for once and nothing to quote.
func Sample(quoted string, times int) string {
	switch {
	case quoted == "" && times < 2:
		return ""
	case quoted == "":
		return Count(times) + " times."
	case times < 2:
		return "It says “" + quoted + "”."
	}
	return Count(times) + " times; the first says “" + quoted + "”."
}
