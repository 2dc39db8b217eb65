# SPDX-License-Identifier: Apache-2.0
#
# A program of a test's own that prints "listening URL" when it is ready, and ends when its standard input closes or on SIGTERM.
#
#     my $application = LuciaTest::Application->new(command => ['node', ...], env => { NODE_ENV => 'production' });
#     ... $application->url ...; it ends with the object, and with this process
#     LuciaTest::Application::need_node("$folder")    # Node.js and the packages of the folder's package-lock.json
package LuciaTest::Application;
use strict;
use warnings;

use Fcntl ':flock';
use Test::More ();

# Installs the packages when they are missing (make test has done it).
sub need_node {
    my ($folder) = @_;
    has_node() or die "these tests need Node.js (18.3 or newer)\n";
    my $installed = "$folder/node_modules/.package-lock.json";
    open my $lock, '<', "$folder/package-lock.json" or die "$folder/package-lock.json: $!";
    flock $lock, LOCK_EX or die "flock: $!";
    return if -e $installed;
    Test::More::diag("npm ci in $folder");
    system("cd '$folder' && npm ci --no-audit --no-fund </dev/null >&2") == 0 or die "npm ci failed\n";
    return;
}

sub has_node { return system('node -e 0 2>/dev/null') == 0 }

sub new {
    my ($class, %self) = @_;
    my $self = bless { env => {}, owner => $$, %self }, $class;
    my @command = @{ $self->{command} };
    local @ENV{ keys %{ $self->{env} } } = values %{ $self->{env} };
    pipe my $its_input, $self->{input} or die "pipe: $!";
    defined($self->{pid} = open my $output, '-|') or die "fork: $!";
    if (!$self->{pid}) {
        close $self->{input};
        open STDIN, '<&', $its_input or die "its input: $!";
        exec @command or die "$command[0]: $!";
    }
    my ($url) = (readline($output) // '') =~ /^listening (\S+)/ or die "the application did not start: @command\n";
    @$self{qw(output url)} = ($output, $url);
    return $self;
}

sub url { $_[0]{url} }

sub stop {
    my ($self) = @_;
    my $pid = delete $self->{pid} or return;
    local ($?, $!);
    kill TERM => $pid;
    close $self->{output};    # waits for it
    return;
}

sub DESTROY {
    my ($self) = @_;
    $self->stop if $self->{owner} == $$;
}

1;
