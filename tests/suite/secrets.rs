//! Client secrets: what people really put there is told at start-up, each by what it is.

use hubspot_signature::{ClientSecret, SecretError, Verifier, Version};
use proptest::prelude::*;

use crate::common::{OTHER_SECRET, SECRET, oracle, verifier};

use SecretError::{
    AccessToken, Assignment, Bearer, Empty, Placeholder, Quoted, SurroundingWhiteSpace, Template, TooShort,
};

/// Under every name that a secret is given by.
#[track_caller]
fn assert_refused(text: &str, error: SecretError) {
    assert_eq!(Verifier::new(text, Version::V3).err(), Some(error), "{text:?}");
    assert_eq!(verifier().previous_secret(text).err(), Some(error), "{text:?}");
    assert_eq!(ClientSecret::new(text).err(), Some(error), "{text:?}");
    assert_eq!(oracle::secret_fault(text), Some(format!("{error:?}").as_str()), "{text:?}");
}

#[test]
fn unusable_secrets() {
    for (text, error) in [
        ("", Empty),
        (" ", SurroundingWhiteSpace),
        ("\n", SurroundingWhiteSpace),
        ("0123456789abcdef\n", SurroundingWhiteSpace),
        ("0123456789abcdef\r\n", SurroundingWhiteSpace),
        (" 0123456789abcdef", SurroundingWhiteSpace),
        ("0123456789abcdef\t", SurroundingWhiteSpace),
        ("0123456789abcdef\0", SurroundingWhiteSpace),
        ("\u{1b}0123456789abcdef", SurroundingWhiteSpace),
        ("\u{feff}0123456789abcdef", SurroundingWhiteSpace),
        ("0123456789abcdef\u{feff}", SurroundingWhiteSpace),
        ("0123456789abcdef\u{200b}", SurroundingWhiteSpace),
        ("\u{2060}0123456789abcdef", SurroundingWhiteSpace),
        ("0123456789abcdef\u{202e}", SurroundingWhiteSpace),
        ("0123456789abcdef\u{ad}", SurroundingWhiteSpace),
        ("0123456789abcdef\u{a0}", SurroundingWhiteSpace),
        ("\u{2003}0123456789abcdef", SurroundingWhiteSpace),
        (" pat-na1-0", SurroundingWhiteSpace),
        ("\"0123456789abcdef\"", Quoted),
        ("'0123456789abcdef'", Quoted),
        ("`0123456789abcdef`", Quoted),
        ("\"0123456789abcdef", Quoted),
        ("0123456789abcdef'", Quoted),
        ("0123456789abcdef`", Quoted),
        ("\"", Quoted),
        ("“0123456789abcdef”", Quoted),
        ("0123456789abcdef”", Quoted),
        ("‘0123456789abcdef’", Quoted),
        ("„0123456789abcdef“", Quoted),
        ("Bearer 0123456789abcdef", Bearer),
        ("bearer yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy", Bearer),
        ("BASIC dXNlcjpwYXNzd29yZA==", Bearer),
        ("Token 0123456789abcdef", Bearer),
        ("pat-na1-00000000-0000-0000-0000-000000000000", AccessToken),
        ("pat-", AccessToken),
        ("${HUBSPOT_CLIENT_SECRET}", Template),
        ("prefix-${HUBSPOT_CLIENT_SECRET}", Template),
        ("$HUBSPOT_CLIENT_SECRET", Template),
        ("{{ .Values.hubspot.clientSecret }}", Template),
        ("#{hubspot.client.secret}", Template),
        ("<your client secret here>", Template),
        ("%HUBSPOT_CLIENT_SECRET%", Template),
        ("vault://secret/hubspot#client_secret", Template),
        ("[client-secret-goes-here]", Template),
        ("{hubspot-client-secret}", Template),
        ("NAME=yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy", Assignment),
        ("HUBSPOT_CLIENT_SECRET=yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy", Assignment),
        ("export NAME=yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy", Assignment),
        ("client_secret: yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy", Assignment),
        ("undefined", Placeholder),
        ("null", Placeholder),
        ("None", Placeholder),
        ("nil", Placeholder),
        ("NaN", Placeholder),
        ("true", Placeholder),
        ("false", Placeholder),
        ("changeme", Placeholder),
        ("change-me-please-before-production", Placeholder),
        ("secret", Placeholder),
        ("client_secret", Placeholder),
        ("HUBSPOT_CLIENT_SECRET", Placeholder),
        ("your-client-secret", Placeholder),
        ("YOUR_HUBSPOT_CLIENT_SECRET_HERE", Placeholder),
        ("insert-client-secret-here", Placeholder),
        ("replace_with_the_real_secret", Placeholder),
        ("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", Placeholder),
        ("XXXXXXXXXXXXXXXXXXXX", Placeholder),
        ("********************", Placeholder),
        ("••••••••••••••••••••", Placeholder),
        ("................", Placeholder),
        ("todo", Placeholder),
        ("TBD", Placeholder),
        ("[object Object]", Template),
        ("object-object", Placeholder),
        ("a", TooShort),
        ("0123456789abcde", TooShort),
        ("two words", TooShort),
        ("é", Placeholder),
        ("aéééééééééééééé", TooShort),
    ] {
        assert_refused(text, error);
    }
}

/// A text that is no likely mistake is not for this crate to judge.
#[test]
fn usable_secrets() {
    for text in [
        SECRET,
        OTHER_SECRET,
        "0123456789abcdef",
        "aééééééééééééééé",
        "two words, and a third",
        "PAT-na1-00000000-0000",
        "xpat-na1-00000000-0000",
        "it's a long enough secret",
        "dXNlcjpwYXNzd29yZDEyMw==",
        "bearer-0123456789abcdef",
        "secret-0123456789abcdef",
        "null-0123456789abcdef",
        "0123456789abcdef$",
        "0123456789abcdef%",
        "0{123}456789abcdef",
        &"k".repeat(1000),
    ] {
        assert!(Verifier::new(text, Version::V3).is_ok(), "{text:?}");
        assert!(verifier().previous_secret(text).is_ok(), "{text:?}");
        assert!(oracle::is_secret(text), "{text:?}");
    }
    assert!(verifier().previous_secret(None).is_ok());
    assert!(verifier().previous_secret(Some(OTHER_SECRET)).is_ok());
    assert_eq!(verifier().previous_secret(Some("")).err(), Some(Empty));
}

/// A secret as people paste it: something around it, pieces that mean something, and anything else.
fn pasted() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "${",
            "{{",
            "}}",
            "}",
            "{",
            "#{",
            "$",
            "%",
            "<",
            ">",
            "[",
            "]",
            "://",
            "=",
            "==",
            ":",
            ": ",
            "\"",
            "'",
            "”",
            "„",
            " ",
            "\t",
            "\n",
            "\u{200b}",
            "\u{feff}",
            "\u{2060}",
            "\u{180e}",
            "\u{206f}",
            "pat-",
            "Bearer ",
            "basic ",
            "token ",
            "export ",
            "NAME",
            "null",
            "your",
            "Insert",
            "x",
            "X",
            "-",
            "*",
            "•",
            "changeme",
            "secret",
            "undefined",
            "0123456789abcdef",
        ])
        .prop_map(str::to_owned),
        "[a-z0-9-]{1,12}",
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(20_000) })]

    /// The oracle that the fuzz targets use says the same, with the same reason.
    #[test]
    fn the_oracle_knows_which_secrets_are_refused(text in prop_oneof![4 => pasted(), 1 => any::<String>()]) {
        let error = ClientSecret::new(&text).err().map(|error| format!("{error:?}"));
        prop_assert_eq!(error.as_deref(), oracle::secret_fault(&text));
        prop_assert_eq!(error.is_none(), oracle::is_secret(&text));
    }
}

/// One character at either end, each of the first planes.
#[test]
fn every_character_at_the_ends() {
    for c in ('\0'..='\u{ffff}').chain(['\u{1f511}', '\u{e0001}', '\u{10ffff}']) {
        for text in [format!("{c}0123456789abcdef"), format!("0123456789abcdef{c}")] {
            let error = ClientSecret::new(&text).err().map(|error| format!("{error:?}"));
            assert_eq!(error.as_deref(), oracle::secret_fault(&text), "{c:?}");
        }
    }
}
