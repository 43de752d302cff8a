// Reads the configuration of Envoy's jwt_authn filter, as YAML, and fails for what Envoy's API does not have or refuses.
package main

import (
	"encoding/json"
	"io"
	"log"
	"os"

	authentication "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/jwt_authn/v3"
	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/encoding/protojson"
)

func main() {
	text, err := io.ReadAll(os.Stdin)
	expect(err)
	var filter struct {
		Name        string         `yaml:"name"`
		TypedConfig map[string]any `yaml:"typed_config"`
	}
	expect(yaml.Unmarshal(text, &filter))
	config := &authentication.JwtAuthentication{}
	if filter.TypedConfig["@type"] != "type.googleapis.com/"+string(config.ProtoReflect().Descriptor().FullName()) {
		log.Fatal("another type: ", filter.TypedConfig["@type"])
	}
	delete(filter.TypedConfig, "@type")
	fields, err := json.Marshal(filter.TypedConfig)
	expect(err)
	expect(protojson.Unmarshal(fields, config))
	expect(config.ValidateAll())
}

func expect(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
