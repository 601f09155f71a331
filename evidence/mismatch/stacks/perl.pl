#!/usr/bin/env perl
# Perl's serialisers on the lines of the standard input, with jq for some.

use strict;
use warnings;
use Data::Dumper;
use Encode;
use IPC::Open2;
use JSON::PP;
use MIME::Base64;
use URI;
use URI::Escape;

$| = 1;
$Data::Dumper::Terse = 1;
$Data::Dumper::Sortkeys = 1;
my $lines = JSON::PP->new->canonical;

sub jq {
    my ($body, @options) = @_;
    my $pid = open2(my $out, my $in, 'jq', @options);
    print $in $body;
    close $in;
    local $/;
    my $made = <$out>;
    waitpid $pid, 0;
    return $made;
}

my %bytes = (
    pp          => sub { JSON::PP->new->canonical->utf8->encode(JSON::PP->new->utf8->decode($_[0])) },
    ppAscii     => sub { JSON::PP->new->canonical->ascii->encode(JSON::PP->new->utf8->decode($_[0])) },
    ppPretty    => sub { JSON::PP->new->canonical->pretty->utf8->encode(JSON::PP->new->utf8->decode($_[0])) },
    jq          => sub { jq($_[0], '.') },
    jqCompact   => sub { jq($_[0], '-c', '.') },
    jqJoined    => sub { jq($_[0], '-cj', '.') },
    jqSorted    => sub { jq($_[0], '-cjS', '.') },
    jqAscii     => sub { jq($_[0], '-cja', '.') },
    jqTabs      => sub { jq($_[0], '--tab', '.') },
    twice       => sub { jq($_[0], '-cjRs', '.') },
    varDump     => sub { Dumper(JSON::PP->new->utf8->decode($_[0])) },
    quotemeta   => sub { quotemeta $_[0] },
    b64mime     => sub { encode_base64($_[0]) },
    hex         => sub { unpack 'H*', $_[0] },
    urlencode   => sub { uri_escape($_[0]) },
    latin1      => sub { encode('UTF-8', decode('iso-8859-1', $_[0])) },
    cp1252      => sub { encode('UTF-8', decode('cp1252', $_[0])) },
    toLatin1    => sub { encode('iso-8859-1', decode('UTF-8', $_[0])) },
    escapeHtml  => sub { jq(jq($_[0], '-cjRs', '.'), '-jr', '@html') },
    jqUri       => sub { jq($_[0], '-jRsr', '@uri') },
    jqBase64    => sub { jq($_[0], '-jRsr', '@base64') },
    chomp       => sub { my $text = $_[0]; chomp $text; $text },
    crlf        => sub { my $text = $_[0]; $text =~ s/\n/\r\n/g; $text },
);

my %urls = (
    canonical   => sub { URI->new($_[0])->canonical->as_string },
    iri         => sub { encode('UTF-8', URI->new($_[0])->as_iri) },
    queryForm   => sub { my $u = URI->new($_[0]); $u->query_form($u->query_form); $u->as_string },
    sortedForm  => sub { my $u = URI->new($_[0]); my %q = $u->query_form; $u->query_form(map { $_ => $q{$_} } sort keys %q); $u->as_string },
    unescape    => sub { uri_unescape($_[0]) },
    escape      => sub { uri_escape($_[0], '^A-Za-z0-9\-._~:/?&=') },
);

my ($jq) = `jq --version` =~ /jq-([\d.]+)/;
print $lines->encode({
    versions => { perl => sprintf('%vd', $^V), 'JSON::PP' => "$JSON::PP::VERSION", URI => "$URI::VERSION", jq => $jq },
    ops => [sort keys %bytes], urls => [sort keys %urls],
}), "\n";
while (my $line = <STDIN>) {
    my $job = $lines->decode($line);
    my $made = eval { $job->{url} ? $urls{ $job->{op} }->($job->{url}) : $bytes{ $job->{op} }->(decode_base64($job->{body})) };
    print $lines->encode(defined $made ? { out => encode_base64($made, '') } : { error => "$@" }), "\n";
}
