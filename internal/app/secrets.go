package app

import (
	"encoding/base64"
	"net/url"
	"reflect"
	"strings"
)

// named is the value of an option by the name of its variable.
type named struct{ name, value string }

// secretOptions are the options that can come from a file, which is what makes
// an option a secret, in the order of Config.
func (c Config) secretOptions() []named { return secretsIn(reflect.ValueOf(c)) }

func secretsIn(config reflect.Value) (list []named) {
	for i := range config.NumField() {
		field := config.Type().Field(i)
		if _, embedded := field.Tag.Lookup("embed"); embedded {
			list = append(list, secretsIn(config.Field(i))...)
		} else if name, option, _ := strings.Cut(field.Tag.Get("cfg"), ","); option == "file" {
			list = append(list, named{name, config.Field(i).String()})
		}
	}
	return list
}

// allSecrets checks what holds for every secret: in production none is public,
// as those of .env.example are, and each is for one use.
func (p *problems) allSecrets(options []named) {
	var seen []named
	for _, o := range options {
		if p.production && hasPlaceholder(o.value) {
			p.add(o.name, "still has the placeholder of .env.example; generate one")
			continue
		}
		for _, secret := range secretParts(o.value) {
			for _, s := range seen {
				if s.value == secret {
					p.reused(s.name, o.name)
				}
			}
			seen = append(seen, named{o.name, secret})
		}
	}
}

func (p *problems) reused(one, other string) {
	if one == other {
		p.add(one, "holds the same secret twice")
		return
	}
	p.add(one+" and "+other, "hold the same secret; give each its own")
}

// secretParts are the secrets in a value: the password in an address, else
// each of a list, without the id of a key.
func secretParts(value string) (parts []string) {
	if strings.Contains(value, "://") {
		u, err := url.Parse(value)
		if err != nil || u.User == nil {
			return nil
		}
		if password, ok := u.User.Password(); ok && password != "" {
			parts = append(parts, password)
		}
		return parts
	}
	for _, part := range values(value) {
		if keys := keysIn(part); keys != nil {
			parts = append(parts, keys...)
		} else {
			parts = append(parts, part)
		}
	}
	return parts
}

// keysIn are the keys of a text that is nothing but keys with their ids, nil
// for any other.
func keysIn(text string) (keys []string) {
	for _, field := range strings.Fields(text) {
		_, key, _ := strings.Cut(field, ":")
		if raw, err := base64.StdEncoding.DecodeString(key); err != nil || len(raw) != 32 {
			return nil
		}
		keys = append(keys, key)
	}
	return keys
}
