# SPDX-License-Identifier: Apache-2.0
#
# Small line charts, readable on light and dark ground.
#
#     my $svg = Bench::Svg->new(width => 760, height => 400, title => '...');
#     my $panel = $svg->panel(top => 50, height => 250, x => $axis, y => $axis);
#     $panel->band(from, to, 'label');               # shaded, in x
#     $panel->rule(value, 'label');                  # a line across, in y
#     $panel->line(1, 'label', [[x, y], ...]);       # in colour 1 to 3; marks => 1, ranges => [[x, low, high], ...]
#     print $svg->text;
#
# An axis is { label => 'with its unit', least, most, log => 1, ticks => [[value, 'text'], ...] }.
package Bench::Svg;
use strict;
use warnings;

use constant { LEFT => 84, RIGHT => 150 };    # of a panel, for its numbers and for the names of its lines

my $STYLE = <<'CSS';
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-size: 16px; font-weight: 600 }
.small { font-size: 12px; fill: #59636e }
.ground { fill: #ffffff }
.grid { stroke: #d1d9e0; stroke-width: 1 }
.frame { stroke: #59636e; stroke-width: 1; fill: none }
.band { fill: #d1d9e0; opacity: .45 }
.rule { stroke: #59636e; stroke-width: 1.5; stroke-dasharray: 6 4 }
.line { fill: none; stroke-width: 2; stroke-linejoin: round }
.c1 { stroke: #0550ae } .m1 { fill: #0550ae } .c2 { stroke: #bc4c00 } .m2 { fill: #bc4c00 } .c3 { stroke: #1a7f37 } .m3 { fill: #1a7f37 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .small { fill: #9da7b3 } .ground { fill: #0d1117 } .grid { stroke: #30363d } .frame, .rule { stroke: #9da7b3 }
  .band { fill: #30363d; opacity: .7 }
  .c1 { stroke: #79c0ff } .m1 { fill: #79c0ff } .c2 { stroke: #ffa657 } .m2 { fill: #ffa657 } .c3 { stroke: #7ee787 } .m3 { fill: #7ee787 }
}
CSS

sub new {
    my ($class, %self) = @_;
    my $self = bless { parts => [], %self }, $class;
    $self->words(LEFT, 28, $self->{title}, 'title');
    return $self;
}

sub add { my ($self, @parts) = @_; push @{ $self->{parts} }, @parts; return }

sub escaped {
    my ($text) = @_;
    my %entity = ('&' => '&amp;', '<' => '&lt;', '>' => '&gt;');
    return $text =~ s/([&<>])/$entity{$1}/gr;
}

sub words {
    my ($self, $x, $y, $text, $class, $anchor) = @_;
    my $attributes = ($class ? " class=\"$class\"" : '') . ($anchor ? " text-anchor=\"$anchor\"" : '');
    return $self->add(sprintf '<text x="%.1f" y="%.1f"%s>%s</text>', $x, $y, $attributes, escaped($text));
}

sub stroke {
    my ($self, $class, @ends) = @_;
    return $self->add(sprintf '<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" class="%s"/>', @ends, $class);
}

sub text {
    my ($self) = @_;
    my ($width, $height) = @$self{qw(width height)};
    my $title = escaped($self->{title});
    return join "\n",
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 $width $height\" width=\"$width\" height=\"$height\" role=\"img\">",
        "<title>$title</title>", "<style>\n$STYLE</style>", '<rect width="100%" height="100%" class="ground"/>', @{ $self->{parts} }, "</svg>\n";
}

# ---- A panel: axes, then what is drawn in it ----

sub panel {
    my ($self, %panel) = @_;
    my $panel = bless { svg => $self, left => LEFT, width => $self->{width} - LEFT - RIGHT, %panel }, 'Bench::Svg::Panel';
    $panel->axes;
    return $panel;
}

package Bench::Svg::Panel;

sub share {
    my ($axis, $value) = @_;
    my ($least, $most) = @$axis{qw(least most)};
    ($value, $least, $most) = map { log } $value, $least, $most if $axis->{log};
    my $share = ($value - $least) / ($most - $least);
    return $share < 0 ? 0 : $share > 1 ? 1 : $share;
}

sub at_x { my ($self, $value) = @_; return $self->{left} + $self->{width} * share($self->{x}, $value) }
sub at_y { my ($self, $value) = @_; return $self->{top} + $self->{height} * (1 - share($self->{y}, $value)) }

sub axes {
    my ($self) = @_;
    my ($svg, $left, $top, $width, $height) = @$self{qw(svg left top width height)};
    my ($right, $bottom) = ($left + $width, $top + $height);
    for (@{ $self->{y}{ticks} }) {
        my $y = $self->at_y($_->[0]);
        $svg->stroke('grid', $left, $y, $right, $y);
        $svg->words($left - 8, $y + 4, $_->[1], 'small', 'end');
    }
    for (@{ $self->{x}{ticks} }) {
        my $x = $self->at_x($_->[0]);
        $svg->stroke('grid', $x, $top, $x, $bottom);
        $svg->words($x, $bottom + 17, $_->[1], 'small', 'middle');
    }
    $svg->add(qq{<rect x="$left" y="$top" width="$width" height="$height" class="frame"/>});
    $svg->words($left + $width / 2, $bottom + 36, $self->{x}{label}, '', 'middle') if $self->{x}{label};
    my $middle = $top + $height / 2;
    $svg->add(sprintf '<text transform="translate(20 %.1f) rotate(-90)" text-anchor="middle">%s</text>', $middle, Bench::Svg::escaped($self->{y}{label}));
    return;
}

sub band {
    my ($self, $from, $to, $label) = @_;
    my ($x, $end) = ($self->at_x($from), $self->at_x($to));
    $self->{svg}->add(sprintf '<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" class="band"/>', $x, $self->{top}, $end - $x, $self->{height});
    $self->{svg}->words(($x + $end) / 2, $self->{top} - 6, $label, 'small', 'middle') if $label;
    return;
}

sub rule {
    my ($self, $value, $label) = @_;
    my $right = $self->{left} + $self->{width};
    my $y = $self->at_y($value);
    $self->{svg}->stroke('rule', $self->{left}, $y, $right, $y);
    $self->{svg}->words($right + 8, $y + 4, $label, 'small');
    return;
}

sub line {
    my ($self, $colour, $label, $points, %more) = @_;
    my $svg = $self->{svg};
    my @at = map { [$self->at_x($_->[0]), $self->at_y($_->[1])] } @$points;
    my $path = join ' ', map { sprintf '%.1f,%.1f', @$_ } @at;
    for (@{ $more{ranges} // [] }) {
        my $x = $self->at_x($_->[0]);
        $svg->stroke("line c$colour", $x, $self->at_y($_->[1]), $x, $self->at_y($_->[2]));
    }
    $svg->add(qq{<polyline points="$path" class="line c$colour"/>});
    $svg->add(map { sprintf '<circle cx="%.1f" cy="%.1f" r="4" class="m%d"/>', @$_, $colour } $more{marks} ? @at : ());
    return if !length $label;
    my $y = $at[-1][1];
    my $right = $self->{left} + $self->{width} + 8;
    $svg->stroke("line c$colour", $right, $y, $right + 14, $y);
    $svg->words($right + 20, $y + 4, $label);
    return;
}

1;
