//! An editor is shown no secret that a profile holds.

use serde_json::json;

use crate::client::Client;

const PASSWORD: &str = "mongo@p:a/s%s-0123456789";

#[test]
fn a_secret_in_the_profile_is_in_no_answer() {
    use shifter_site::secret::{Forms, SecretValue};
    let forms = Forms::of(&SecretValue::new(PASSWORD)).expect("long enough");
    for spelt in [PASSWORD, "mongo%40p%3Aa%2Fs%25s-0123456789", "bW9uZ29AcDphL3Mlcy0wMTIzNDU2Nzg5"] {
        let text = format!(
            "schema = 1\n\n[gateway.database]\nuri = \"mongodb://u:{spelt}@localhost/\"\npassword = \"{spelt}\"\n\
             passwort = \"{spelt}\"\n"
        );
        let mut client = Client::new(&[]);
        client.open("shifter-site.toml", &text);
        let said = client.said("shifter-site.toml");
        assert!(said.iter().any(|one| one["code"] == "SEC001"), "{said:?}");
        let mut answers = vec![json!(said)];
        for place in ["uri = ", "password = ", "passwort = ", "mongodb://"] {
            for method in ["textDocument/hover", "textDocument/completion", "textDocument/definition"] {
                answers.push(client.at(method, "shifter-site.toml", &text, place, 3));
            }
        }
        let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 6, "character": 0 } });
        let document = json!({ "uri": client.uri("shifter-site.toml") });
        let asked = json!({ "textDocument": document, "range": range, "context": { "diagnostics": said } });
        answers.push(client.ask("textDocument/codeAction", asked));
        for answer in answers {
            assert_eq!(forms.found_in(answer.to_string().as_bytes()), None, "{answer:#}");
        }
        assert!(client.stop().success());
    }
}
