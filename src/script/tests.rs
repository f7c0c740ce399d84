use super::*;

fn words(text: &str) -> Vec<Vec<String>> {
    let script = Script::read(text);
    assert_eq!(script.problems, [], "{text}");
    script.commands.iter().map(|command| command.words.iter().map(Word::text).collect()).collect()
}

fn problems(text: &str) -> Vec<(usize, String)> {
    let script = Script::read(text);
    let line = |problem: &Problem| text[..problem.span.start].matches('\n').count() + 1;
    script.problems.iter().map(|problem| (line(problem), problem.what.clone())).collect()
}

#[test]
fn words_lose_their_quotes_and_keep_their_expansions() {
    assert_eq!(words("echo 'a  b' \"c $d\" e\\ f ${g:-h} # i\n"), [["echo", "a  b", "c $d", "e f", "${g:-h}"]]);
    assert_eq!(words("x=1 y+=(a 'b c') cmd --z <in >>out 2>&1\n"), [["cmd", "--z"]]);
    assert_eq!(words("a \\\n  b\n"), [["a", "b"]]);
}

#[test]
fn commands_within_substitutions_are_commands_too() {
    let script = Script::read("x=$(id -u \"$1\" | tr -d '\\n')\necho \"`hostname` $(pwd -P)\"\n");
    let names: Vec<_> = script.simple().filter_map(|command| script.name_of(command)).collect();
    assert_eq!(names, ["id", "tr", "echo", "hostname", "pwd"]);
    assert_eq!(script.problems, []);
}

#[test]
fn compound_commands_say_under_which_circumstances_others_run() {
    let text = "f() { one; }\nif two && three; then four & fi\nfor n in 1 2; do five | six; done\ncase $1 in start|up) seven ;; *) eight; esac\n! nine || ten\n";
    let script = Script::read(text);
    assert_eq!(script.problems, []);
    let of = |name: &str| script.called(name).next().unwrap_or_else(|| panic!("{name}")).setting.clone();
    assert_eq!(of("one").function.as_deref(), Some("f"));
    assert!(of("two").is_tested && of("three").is_tested && !of("two").is_conditional);
    assert!(of("four").in_background && of("four").is_conditional);
    assert!(of("five").is_piped && of("six").from_pipe && of("six").loops == 1);
    assert_eq!((of("seven").branch.as_deref(), of("eight").branch.as_deref()), (Some("start"), Some("*")));
    assert!(of("nine").is_tested && !of("ten").is_tested);
}

#[test]
fn a_here_document_is_no_command_and_what_follows_is() {
    let text = "cat <<EOF >/etc/x; echo one\n it's $(date) not closed\nEOF\necho two <<-'E'\n\t$(no)\n\tE\n";
    let script = Script::read(text);
    assert_eq!(script.problems, []);
    let names: Vec<_> = script.simple().filter_map(|command| script.name_of(command)).collect();
    assert_eq!(names, ["cat", "echo", "date", "echo"]);
}

#[test]
fn bash_is_read_too() {
    let text = "declare -a x=(1 2)\nif [[ \"$a\" == b* && ( -n $c || $d =~ ^(x|y)$ ) ]]; then :; fi\n((n++))\nfor ((i=0;i<3;i++)); do :; done\nwhile read -r l; do echo \"$l\"; done < <(ls)\ncat <<< \"$x\"\nfunction g { :; }\necho \"${x[@]/a/}\" ${#x} $'\\n'\n";
    assert_eq!(problems(text), []);
}

#[test]
fn what_is_no_shell_is_told_with_its_line() {
    assert_eq!(problems("if true; then\n  echo\n"), [(1, "`if` has no `fi`".to_owned())]);
    assert_eq!(problems("for x in a; do echo\nif x; then y; done\n"), [(2, "`if` has no `fi`".to_owned())]);
    assert_eq!(problems("echo 'a\n"), [(1, "the quote is never closed".to_owned())]);
    assert_eq!(problems("echo a)\n"), [(1, "`)` closes nothing".to_owned())]);
    assert_eq!(problems("echo process(es\\ ) by\n"), [(1, "a bare `(` cannot stand here: quote it".to_owned())]);
    assert_eq!(problems("[ -d x\n"), [(1, "`[` has no `]`".to_owned())]);
    assert_eq!(problems("a &&\n"), [(1, "no command follows `&&`".to_owned())]);
    assert_eq!(problems("cat <<E\nx\n"), [(1, "no line `E` ends the here-document".to_owned())]);
}

#[test]
fn a_forgotten_quote_does_not_hide_the_rest() {
    // L31 lines 105 and 140.
    let text = "for e in \"${env[@]}; do\n  echo \"$e\" >> \"$f\"\ndone\nfor v in \"${vol[@]}; do\n  c=\"$c -v \\\"${v}\\\"\"\ndone\nlast\n";
    let closed = "the quote is never closed".to_owned();
    assert_eq!(problems(text), [(1, closed.clone()), (4, closed)]);
    let script = Script::read(text);
    assert_eq!(script.called("last").count(), 1);
    assert_eq!(script.called("echo").next().map(|command| command.setting.loops), Some(1));
}

#[test]
fn a_variable_says_what_the_script_wrote_above() {
    let script = Script::read("root=/opt/x\npcmd=\"$root/pcmd -r\"\n$pcmd -n \"$3\" \"sh $root/run $1\"\n");
    let command = script.simple().last().expect("a command");
    assert_eq!(script.called("pcmd").count(), 1);
    assert_eq!(script.name_of(script.called("pcmd").next().expect("one")).as_deref(), Some("pcmd"));
    assert!(command.setting.in_text, "the text that pcmd runs is read as well");
    assert_eq!(script.name_of(command).as_deref(), Some("sh"));
}

#[test]
fn the_origin_of_a_value_is_that_of_the_least_trusted_part() {
    let script =
        Script::read("user=$1\nuid=$(id -u \"$user\")\npath=/x/$user\nfixed=/y\ncmd=\"a\"\ncmd=\"$cmd $path\"\nend\n");
    let origin = |name: &str| script.origin(name, script.text.len());
    assert_eq!(origin("user"), Origin::Given);
    assert_eq!(origin("uid"), Origin::Printed);
    assert_eq!(origin("path"), Origin::Given);
    assert_eq!(origin("fixed"), Origin::Written);
    assert_eq!(origin("BATCH_JOB_ID"), Origin::Inherited);
    assert_eq!(origin("?"), Origin::Written);
    assert_eq!(origin("cmd"), Origin::Given);
}

#[test]
fn any_text_is_read_to_its_end() {
    for text in
        ["", "(", "((((", "`", "$(", "\"$(", "${", "case", "case x in", "a()", "<<", "[[", "\\", "{", "x=(", "é$'"]
    {
        assert_eq!(Script::read(text).text, text);
    }
    let deep = |open: &str, times: usize| Script::read(&open.repeat(times)).problems.len();
    assert!(deep("(", 100_000) > 0);
    assert!(deep("$(\"", 5_000) > 0);
}

proptest::proptest! {
    #[test]
    fn random_scripts_do_not_break_the_reader(text in "[a-z$(){}\\[\\]\"'`;&|<>#=\\\\ \n!*-]{0,200}") {
        let script = Script::read(&text);
        for command in &script.commands {
            proptest::prop_assert!(text.get(command.span.clone()).is_some());
        }
        for problem in &script.problems {
            proptest::prop_assert!(text.get(problem.span.clone()).is_some());
        }
    }
}
