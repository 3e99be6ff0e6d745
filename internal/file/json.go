package file

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// exact is how encoding/json reads, but for keys, as [Decode] promises, and for
// the words of errors.
var exact = json.JoinOptions(jsonv1.DefaultOptionsV1(), jsonv1.ReportErrorsWithLegacySemantics(false),
	json.MatchCaseInsensitiveNames(false), jsontext.AllowDuplicateNames(false), json.RejectUnknownMembers(true))

// Decode decodes one JSON value into the struct that into points to. Unlike
// encoding/json it takes a key only as it is spelled, and only once: where two
// keys name one field, people read one value and programs the other.
func Decode(text []byte, into any) error {
	err := json.Unmarshal(text, into, exact)
	var semantic *json.SemanticError
	var syntactic *jsontext.SyntacticError
	switch {
	case errors.As(err, &semantic) && semantic.Err == json.ErrUnknownName:
		return fmt.Errorf("has the unknown key %.200q", semantic.JSONPointer)
	case errors.As(err, &syntactic) && syntactic.Err == jsontext.ErrDuplicateName:
		return fmt.Errorf("has the key %.200q twice", syntactic.JSONPointer)
	}
	return err
}
