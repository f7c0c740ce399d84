//! What an editor shows and does.

use serde_json::{Value, json};

use crate::client::{Client, edited, position, site_profile};

const BASE: &str = "\
schema = 1

[site]
name = \"tiny\"

[gateway]
timeout = \"20s\"

[class.gpu]
hosts = [\"gpu[1-4]\"]

[class.cpu]
hosts = [\"cpu[1-4]\"]

[module.mpich]
copy_from = \"/opt/mpich\"
";

const TOP: &str = "\
schema = 1
extends = \"base.toml\"

[runtime]
writable_rot = true
rootfs = \"tmpfs\"
default_modules = [\"mpich\"]

[[filesystem]]
source = \"/home\"
classes = [\"gpu\"]
";

fn labels(items: &Value) -> Vec<String> {
    let items = items.as_array().expect("items");
    items.iter().map(|item| item["label"].as_str().expect("a label").to_owned()).collect()
}

#[test]
fn what_check_finds_is_shown_while_it_is_typed() {
    let mut client = Client::new(&[("base.toml", BASE)]);
    client.open("top.toml", TOP);
    assert!(client.codes("top.toml").contains(&"SITE002".to_owned()));
    let said = client.said("top.toml");
    let typo = said.iter().find(|one| one["code"] == "SITE002").expect("the misspelt key");
    assert_eq!(typo["range"]["start"], position(TOP, "writable_rot", 0));
    assert_eq!(typo["range"]["end"], position(TOP, "writable_rot", 12));
    assert_eq!((typo["severity"].clone(), typo["source"].clone()), (json!(1), json!("shifter-site")));
    assert!(typo["message"].as_str().expect("text").contains("did you mean `writable_root`?"), "{typo}");

    let range = json!({ "start": position(TOP, "writable_rot", 0), "end": position(TOP, "writable_rot", 12) });
    client.change("top.toml", 2, json!([{ "range": range, "text": "writable_root" }]));
    assert!(!client.codes("top.toml").contains(&"SITE002".to_owned()));
    assert!(client.stop().success());
}

#[test]
fn a_layer_is_told_what_is_wrong_with_it_in_the_profile_that_extends_it() {
    let mut client = Client::new(&[("base.toml", BASE)]);
    client.open("top.toml", TOP);
    let broken = BASE.replace("timeout = \"20s\"", "timeout = \"soon\"");
    client.open("base.toml", &broken);
    assert!(client.codes("base.toml").contains(&"SITE003".to_owned()));
    // On its own the layer would lack most of what a profile needs: it is not judged on its own.
    let of_base = client.codes("base.toml");
    assert!(!of_base.contains(&"SITE004".to_owned()), "{of_base:?}");
    // Nothing was saved: the file still says 20s.
    assert_eq!(std::fs::read_to_string(client.path("base.toml")).expect("there"), BASE);

    let uri = client.uri("base.toml");
    client.tell("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    assert!(!client.codes("base.toml").contains(&"SITE003".to_owned()), "the file on the disk is right");
}

#[test]
fn the_findings_are_those_of_check() {
    let text = site_profile("bluewaters.toml").replace("#:schema ../schemas/site-profile.schema.json\n", "");
    let mut client = Client::new(&[("bluewaters.toml", &text)]);
    client.open("bluewaters.toml", &text);
    let mut shown = client.codes("bluewaters.toml");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_shifter-site"))
        .args(["check", "--format", "json", "bluewaters.toml"])
        .current_dir(client.path(""))
        .output()
        .expect("check runs");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let code = |finding: &Value| finding["code"].as_str().expect("a code").to_owned();
    let mut found: Vec<String> = report["findings"].as_array().expect("findings").iter().map(code).collect();
    shown.sort();
    found.sort();
    assert_eq!(shown, found);
    assert!(found.len() > 3);
}

#[test]
fn a_key_and_a_finding_explain_themselves() {
    let mut client = Client::new(&[("base.toml", BASE)]);
    client.open("top.toml", TOP);
    let hover = client.at("textDocument/hover", "top.toml", TOP, "rootfs", 2);
    let text = hover["contents"]["value"].as_str().expect("text");
    assert!(text.contains("**`runtime.rootfs`**"), "{text}");
    let hover = client.at("textDocument/hover", "top.toml", TOP, "writable_rot", 2);
    let text = hover["contents"]["value"].as_str().expect("text");
    assert!(
        text.contains("SITE002 unknown-key") && text.contains("did you mean") || text.contains("keys of"),
        "{text}"
    );
    assert_eq!(client.at("textDocument/hover", "top.toml", TOP, "\n\n", 1), Value::Null);
}

#[test]
fn a_name_leads_to_its_table_and_a_layer_to_its_file() {
    let mut client = Client::new(&[("base.toml", BASE)]);
    client.open("top.toml", TOP);
    let base = client.uri("base.toml");
    let mut leads = |what: &str| {
        let found = client.at("textDocument/definition", "top.toml", TOP, what, 1);
        (found["uri"].clone(), found["range"]["start"].clone())
    };
    assert_eq!(leads("\"base.toml\""), (json!(base), json!({ "line": 0, "character": 0 })));
    assert_eq!(leads("\"gpu\"").1, position(BASE, "gpu]", 0));
    assert_eq!(leads("\"mpich\"").1, position(BASE, "mpich]", 0));

    // A key of the base leads to the layer that has the last word.
    client.open("base.toml", &format!("{BASE}[runtime]\nrootfs = \"ramfs\"\n"));
    let text = format!("{BASE}[runtime]\nrootfs = \"ramfs\"\n");
    let found = client.at("textDocument/definition", "base.toml", &text, "rootfs", 1);
    assert_eq!(
        (found["uri"].clone(), found["range"]["start"].clone()),
        (json!(client.uri("top.toml")), position(TOP, "rootfs", 0))
    );
}

#[test]
fn keys_values_and_names_are_offered() {
    let mut client = Client::new(&[("base.toml", BASE)]);
    let text =
        format!("{TOP}\n[target]\nshifter = \"\"\n\n[gateway]\n\n[class.gpu.set.runtime]\n\n[]\n[[]]\n[module.]\n");
    client.open("top.toml", &text);
    let mut offered =
        |what: &str, more: usize| labels(&client.at("textDocument/completion", "top.toml", &text, what, more));
    let values = offered("shifter = \"", 11);
    assert!(values.contains(&"native".to_owned()) && values.contains(&"16.08-gpu".to_owned()), "{values:?}");
    let keys = offered("[gateway]\n", 10);
    assert!(keys.contains(&"endpoints".to_owned()) && keys.contains(&"timeout".to_owned()), "{keys:?}");
    let keys = offered("[class.gpu.set.runtime]\n", 24);
    assert!(keys.contains(&"rootfs".to_owned()), "{keys:?}");
    let written = offered("writable_rot = true\n", 20);
    assert!(!written.contains(&"default_modules".to_owned()), "what is there is not offered again: {written:?}");
    assert_eq!(offered("classes = [\"", 12), ["cpu", "gpu"]);
    assert_eq!(offered("default_modules = [\"", 20), ["mpich"]);
    assert_eq!(offered("extends = \"", 11), ["base.toml"]);
    assert!(offered("\n[]", 2).contains(&"gateway".to_owned()));
    assert!(offered("\n[[]]", 3).contains(&"symlink".to_owned()));
    assert!(offered("\n[module.]", 9).contains(&"mpich".to_owned()));
    assert!(offered("writable_rot = ", 15).is_empty());
    assert!(offered("schema = 1", 2).contains(&"preset".to_owned()));
}

#[test]
fn an_offered_value_replaces_what_is_typed() {
    let text = "schema = 1\n[target]\nshifter = \"nat\"\n";
    let mut client = Client::new(&[]);
    client.open("a.toml", text);
    let items = client.at("textDocument/completion", "a.toml", text, "nat", 3);
    let native = items.as_array().expect("items").iter().find(|item| item["label"] == "native").expect("offered");
    assert_eq!(edited(text, &json!([native["textEdit"]])), "schema = 1\n[target]\nshifter = \"native\"\n");
}

#[test]
fn a_finding_can_be_suppressed_in_place() {
    let text = site_profile("bluewaters.toml");
    let mut client = Client::new(&[]);
    client.open("bluewaters.toml", &text);
    assert!(client.codes("bluewaters.toml").contains(&"WLM002".to_owned()));
    let at = position(&text, "prologue_timeout = ", 20);
    let (uri, range) = (client.uri("bluewaters.toml"), json!({ "start": at, "end": at }));
    let params = json!({ "textDocument": { "uri": uri }, "range": range, "context": { "diagnostics": [] } });
    let actions = client.ask("textDocument/codeAction", params);
    let wanted = |action: &&Value| action["title"] == "suppress WLM002 here";
    let action = actions.as_array().expect("actions").iter().find(wanted).expect("offered");
    let after = edited(&text, &action["edit"]["changes"][&uri]);
    assert!(after.contains("# shifter-site: ignore[WLM002] \nprologue_timeout"), "{after}");
    client.change("bluewaters.toml", 2, json!([{ "text": after }]));
    let codes = client.codes("bluewaters.toml");
    assert!(!codes.contains(&"WLM002".to_owned()) && codes.contains(&"SITE016".to_owned()), "{codes:?}");
}

/// The code actions at `what` that the client asks for by kind.
fn actions(client: &mut Client, name: &str, text: &str, what: &str, kind: &str) -> Vec<Value> {
    let at = position(text, what, 1);
    let context = json!({ "diagnostics": [], "only": [kind] });
    let (uri, range) = (client.uri(name), json!({ "start": at, "end": at }));
    let params = json!({ "textDocument": { "uri": uri }, "range": range, "context": context });
    client.ask("textDocument/codeAction", params).as_array().expect("actions").clone()
}

#[test]
fn a_misspelt_key_is_renamed() {
    let mut client = Client::new(&[("base.toml", BASE)]);
    client.open("top.toml", TOP);
    let offered = actions(&mut client, "top.toml", TOP, "writable_rot", "quickfix");
    let rename = offered.iter().find(|action| action["title"] == "rename it to `writable_root`").expect("offered");
    // A guess is not what a client should do by itself.
    assert_eq!(rename["isPreferred"], false);
    let uri = client.uri("top.toml");
    assert_eq!(edited(TOP, &rename["edit"]["changes"][&uri]), TOP.replace("writable_rot", "writable_root"));
}

#[test]
fn a_repair_changes_the_layer_that_holds_the_key() {
    let base = BASE.replace("timeout = \"20s\"", "timeout = 20 # seconds");
    let mut client = Client::new(&[("base.toml", &base)]);
    client.open("top.toml", TOP);
    client.open("base.toml", &base);
    let offered = actions(&mut client, "base.toml", &base, "20 #", "quickfix");
    let write = offered.iter().find(|action| action["title"] == "write \"20s\"").expect("offered");
    let uri = client.uri("base.toml");
    assert_eq!(edited(&base, &write["edit"]["changes"][&uri]), base.replace("20 #", "\"20s\" #"));
}

#[test]
fn all_safe_repairs_of_a_document_are_one_action() {
    let text = "schema = 1\n[gateway]\ntimeout = 20 # seconds\npull_recheck = 300\nadmins = \"root\"\nnope = 1\n";
    let mut client = Client::new(&[]);
    client.open("a.toml", text);
    let offered = actions(&mut client, "a.toml", text, "schema", "source.fixAll");
    let uri = client.uri("a.toml");
    let after = edited(text, &offered[0]["edit"]["changes"][&uri]);
    assert!(after.contains("timeout = \"20s\" # seconds\n") && after.contains("pull_recheck = \"300s\"\n"), "{after}");
    assert!(after.contains("nope = 1\n"), "a guess is not made: {after}");
    assert!(actions(&mut client, "a.toml", text, "schema", "refactor").is_empty());
}

#[test]
fn a_document_without_a_file_is_checked_too() {
    let mut client = Client::new(&[]);
    let document =
        json!({ "uri": "untitled:Untitled-1", "languageId": "toml", "version": 1, "text": "schema = 1\nnope = 1\n" });
    client.tell("textDocument/didOpen", json!({ "textDocument": document }));
    loop {
        let message = client.message();
        if message["method"] == "textDocument/publishDiagnostics" {
            assert_eq!(message["params"]["uri"], "untitled:Untitled-1");
            break;
        }
    }
    let said = &client.diagnostics["untitled:Untitled-1"];
    assert!(said.iter().any(|one| one["code"] == "SITE002"), "{said:?}");
}

fn formatted(client: &mut Client, name: &str) -> Value {
    let uri = client.uri(name);
    let options = json!({ "tabSize": 4, "insertSpaces": true });
    client.ask("textDocument/formatting", json!({ "textDocument": { "uri": uri }, "options": options }))
}

#[test]
fn a_document_is_formatted_as_fmt_does() {
    let untidy = "# ours\n[runtime]\nrootfs = 'tmpfs' # in memory\nwritable_root=true\n\n[site]\nname = \"s\"\n\n\n\n[gateway]\ntimeout=\"20s\"";
    let text = format!("schema = 1\n{untidy}");
    for text in [text.clone(), text.replace('\n', "\r\n"), format!("\u{feff}{text}\n")] {
        let wanted = shifter_site::layout::tidy(&text).expect("TOML");
        assert_ne!(wanted, text);
        let mut client = Client::new(&[]);
        client.open("a.toml", &text);
        let edits = formatted(&mut client, "a.toml");
        assert_eq!(edited(&text, &edits), wanted);
        client.change("a.toml", 2, json!([{ "text": wanted }]));
        assert_eq!(formatted(&mut client, "a.toml"), json!([]), "the usual form is left as it is");
        assert!(client.stop().success());
    }
}

#[test]
fn formatting_leaves_lines_alone_that_are_right() {
    let text = format!("{}\n[site.contact]\nemail='a@b'\n", TOP.replace("writable_rot", "writable_root"));
    let tidy = shifter_site::layout::tidy(&text).expect("TOML");
    let once = tidy.replace("\"a@b\"", "'a@b'");
    assert_ne!(once, tidy);
    let mut client = Client::new(&[("base.toml", BASE)]);
    client.open("top.toml", &once);
    let edits = formatted(&mut client, "top.toml");
    let line = position(&once, "'a@b'", 0)["line"].as_u64().expect("a line");
    assert_eq!(edits.as_array().expect("edits").len(), 1, "{edits}");
    assert_eq!(edits[0]["range"]["start"], json!({ "line": line, "character": 0 }));
    assert_eq!(edits[0]["range"]["end"], json!({ "line": line + 1, "character": 0 }));
}

#[test]
fn what_is_no_toml_or_no_profile_is_not_formatted() {
    let mut client = Client::new(&[]);
    client.open("broken.toml", "schema = 1\nsite = {\n");
    client.open("Cargo.toml", "b=1\n\n\n\na=2\n");
    assert_eq!(formatted(&mut client, "broken.toml"), Value::Null);
    assert_eq!(formatted(&mut client, "Cargo.toml"), Value::Null);
    assert_eq!(formatted(&mut client, "not-open.toml"), Value::Null);
}

#[test]
fn other_toml_files_are_left_alone() {
    let mut client = Client::new(&[]);
    client.open("Cargo.toml", "[package]\nname = \"x\"\n");
    client.open("a.toml", "schema = 1\n");
    assert!(!client.codes("a.toml").is_empty());
    assert!(!client.diagnostics.contains_key(&client.uri("Cargo.toml")));
}

#[test]
fn columns_are_counted_as_agreed() {
    let text = "schema = 1\n\"😀\" = 1\n";
    for (offer, chosen, end) in [(json!(["utf-8", "utf-16"]), "utf-8", 6), (json!(["utf-16"]), "utf-16", 4)] {
        let mut client = Client::raw(&[]);
        let general = json!({ "general": { "positionEncodings": offer } });
        let result = client.ask("initialize", json!({ "capabilities": general, "processId": null, "rootUri": null }));
        assert_eq!(result["capabilities"]["positionEncoding"], chosen);
        client.open("a.toml", text);
        let said = client.said("a.toml");
        let typo = said.iter().find(|one| one["code"] == "SITE002").expect("an unknown key");
        assert_eq!(typo["range"]["end"], json!({ "line": 1, "character": end }), "{chosen}");
    }
}
