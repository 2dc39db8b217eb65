# SPDX-License-Identifier: Apache-2.0
# luciactl user set-attributes: attributes of many users from CSV or JSON lines, all checked before any is set, on each engine.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::MariaDB;
use LuciaTest::Postgres;
use LuciaTest::Sqlite;
use JSON::PP ();

my $dir = LuciaTest::work_dir('attributes');

sub write_file {
    my ($text) = @_;
    open my $out, '>:raw', "$dir/file" or die $!;
    print $out $text;
    close $out or die $!;
    return "$dir/file";
}

# The status, and what --json says: records, changed, refused.
sub set {
    my ($ctl, $text, @options) = @_;
    my $end = $ctl->run('--json', 'user', 'set-attributes', write_file($text), @options);
    my $said = $end->{out} =~ /^\{/ ? JSON::PP::decode_json($end->{out}) : {};
    return ($end, join ' ', $end->{status}, map { $said->{$_} // '-' } qw(records changed refused));
}

sub attributes_of { my ($ctl, $name) = @_; my $of = $ctl->json('user', 'show', $name)->{attributes}; return join '|', map { $of->{$_} // 'NULL' } qw(role full_name) }

sub check_changes {
    my ($ctl) = @_;
    $ctl->does('init');
    $ctl->does('user', 'add', $_, '--no-password') for 'Alice', 'bobby', 'c,d"e';
    my $csv = "\xef\xbb\xbfusername,role,full_name\r\nALICE,admin,\"Alice, \"\"of\"\"\ncourse\"\r\n\r\nbobby,,\"\"\n\"c,d\"\"e\",x,J\xc3\xb6rg";
    my ($end, $counts) = set($ctl, $csv, '--dry-run');
    is $counts, '0 3 0 0', 'a dry run of CSV checks three records' or diag $end->{err};
    is attributes_of($ctl, 'alice'), 'NULL|NULL', 'a dry run changes nothing';
    ($end, $counts) = set($ctl, $csv);
    is $counts, '0 3 3 0', 'CSV changes three users' or diag $end->{err};
    is attributes_of($ctl, 'alice'), qq{admin|Alice, "of"\ncourse}, 'a quoted field has commas, quotes and lines';
    is attributes_of($ctl, 'bobby'), 'NULL|', 'an empty field is NULL, a quoted one is empty';
    is attributes_of($ctl, 'c,d"e'), "x|J\x{f6}rg", 'a quoted name is found';
    ($end, $counts) = set($ctl, qq({"username":"bobby","attributes":{"role":"guest"}}\n{"userId":"@{[$ctl->json('user', 'show', 'alice')->{userId}]}","attributes":{"role":null}}\n));
    is $counts, '0 2 2 0', 'JSON lines change two users' or diag $end->{err};
    is attributes_of($ctl, 'bobby') . ' ' . attributes_of($ctl, 'alice'), qq{guest| NULL|Alice, "of"\ncourse}, 'JSON leaves attributes that it does not name, and null is NULL';
    $end = $ctl->run('user', 'set-attributes', '-', { stdin => "username,role\nalice,piped\n" });
    is $end->{out}, "1 record, 1 changed, 0 refused.\n", 'standard input is read' or diag $end->{err};
    is attributes_of($ctl, 'alice') =~ /^(\w+)/ ? $1 : '', 'piped', 'the attribute from standard input is set';
    is((set($ctl, "username,role\nalice,wrong\nwalter,x\n"))[1], '1 2 0 1', 'an unknown user is refused, and the other is not changed');
    is scalar(() = $ctl->audit =~ /event=user_set result=ok .*account=Alice/g), 3, 'the audit log has each change of a user';
    return;
}

sub check_refusals {
    my ($ctl) = @_;
    my ($end, $counts);
    my @wrong = (
        ['an unknown user',       "username,role\nalice,wrong\nwalter,x\n",                    qr/file:3: walter: there is no such user/],
        ['a missing field',       "username,role\nalice\n",                                    qr/file:2: .*1 fields, the header 2/],
        ['one field too many',    "username,role\nalice,a,b\n",                                qr/file:2: .*3 fields, the header 2/],
        ['an open quote',         "username,role\nalice,\"a\n",                                qr/file:2: a quote is not closed/],
        ['text after a quote',    "username,role\nalice,\"a\"b\n",                             qr/file:2: after a closing quote/],
        ['bytes that are no text', "username,role\nalice,\xff\n",                              qr/file:2: .*not UTF-8/],
        ['a NUL',                 "username,role\nalice,a\0b\n",                               qr/file:2: .*NUL/],
        ['an empty name',         "username,role\n,a\n",                                       qr/file:2: the name is empty/],
        ['a long record',         "username,role\nalice," . 'a' x 70_000 . "\n",               qr/file:2: .*longer than 65536 bytes/],
        ['no name',               "role,full_name\nx,y\n",                                     qr/file:1: the header must have/],
        ['a password',            "username,hashed_password\nalice,x\n",                       qr/file:1: "hashed_password" in the header is not an attribute/],
        ['the flag',              "username,disabled\nalice,0\n",                              qr/file:1: "disabled" in the header/],
        ['a column twice',        "username,role,role\nalice,a,b\n",                           qr/file:1: the column role occurs twice/],
        ['a column without a name', ",role\nalice,x\n",                                         qr/file:1: "" in the header is not an attribute/],
        ['too many columns',      join(',', 'username', map { "c$_" } 1 .. 99) . "\n" . join(',', 'alice', 1 .. 99) . "\n", qr/file:1: the header has too many columns/],
        ['a column without one',  "username,shoe_size\nalice,43\n",                            qr/file:2: alice: the user table has no column shoe_size/],
        ['no JSON',               qq({"username":\n),                                          qr/file:1: .*not JSON/],
        ['a member too many',     qq({"username":"alice","attributes":{},"keys":{}}\n),        qr/file:1: the object must have/],
        ['a number',              qq({"username":"alice","attributes":{"role":1}}\n),          qr/file:1: alice: the attribute role is neither/],
        ['a JSON column',         qq({"username":"alice","attributes":{"created_at":"1"}}\n),  qr/file:1: alice: "created_at" is not an attribute/],
    );
    for my $case (@wrong) {
        my ($what, $text, $said) = @$case;
        ($end, $counts) = set($ctl, $text);
        like $counts, qr/^1 \d+ 0 [1-9]$/, "$what: the record is refused, and none is changed";
        like $end->{err}, $said, "$what: the message has the line and the reason";
        like $end->{err}, qr/Nothing was changed/, "$what: the message says that nothing was changed";
    }
    is attributes_of($ctl, 'alice') =~ /^(\w+)/ ? $1 : '', 'piped', 'refused files leave the attributes';
    ($end, $counts) = set($ctl, "username,role\n" . "walter,x\n" x 150);
    is $counts, '1 150 0 150', 'each wrong record is counted';
    is scalar(() = $end->{err} =~ /no such user/g), 100, 'a hundred wrong records are reported';
    like $end->{err}, qr/^50 more records are refused$/m, 'the rest is counted in the messages';
    is((set($ctl, "username,role\nalice,a\rb\n"))[1], '0 1 1 0', 'a carriage return within a line is part of the field');
    like attributes_of($ctl, 'alice'), qr/^a\rb\|/, 'the field has the carriage return';
    is((set($ctl, ''))[1], '0 0 0 0', 'an empty file changes nothing');
    is $ctl->status('user', 'set-attributes', "$dir/nothing"), 1, 'a file that is not there is refused';
    return;
}

for my $class (qw(LuciaTest::Sqlite LuciaTest::Postgres LuciaTest::MariaDB)) {
    my $engine = $class->shared;
    subtest $engine->kind => sub {
        my $ctl = LuciaTest::Ctl->of($engine, $engine->create, '--attributes', 'role,full_name');
        check_changes($ctl);
        check_refusals($ctl) if $engine->kind eq 'sqlite';
    };
}
done_testing;
