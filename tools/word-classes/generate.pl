#!/usr/bin/env perl
# Prints Sources/VarveDocument/Analysis/WordClassTable.swift from the Unicode properties that perl carries:
#   perl tools/word-classes/generate.pl > Sources/VarveDocument/Analysis/WordClassTable.swift
use strict;
use warnings;
no warnings 'utf8';
use Unicode::UCD;

# Numbers as in `WordClass`; the first that fits counts.
sub class_of {
    my $c = chr(shift);
    my $v = ord $c;
    return 0 if $v >= 0xD800 && $v <= 0xDFFF;
    return 20 if $c =~ /\p{Emoji_Modifier}/;
    return 17 if $c =~ /\p{LB=SA}/ && $c =~ /\p{WB=Extend}|\p{WB=Format}/;
    return 13 if $v == 0x200D;
    return 12 if $c =~ /\p{WB=Extend}|\p{WB=Format}/;
    return 2 if $c =~ /\p{Script=Hangul}/ && $c =~ /\p{WB=ALetter}/;
    return 1 if $c =~ /\p{WB=ALetter}/;
    return 3 if $c =~ /\p{WB=Hebrew_Letter}/;
    return 4 if $c =~ /\p{WB=Numeric}/ || ($c =~ /\p{Nd}/ && $v >= 0xFF00 && $v <= 0xFFEF);
    return 5 if $c =~ /\p{WB=Katakana}/;
    return 6 if $c =~ /\p{WB=ExtendNumLet}/;
    return 7 if $c =~ /\p{WB=MidLetter}/;
    return 8 if $c =~ /\p{WB=MidNum}/;
    return 9 if $c =~ /\p{WB=MidNumLet}/;
    return 10 if $c =~ /\p{WB=Single_Quote}/;
    return 11 if $c =~ /\p{WB=Double_Quote}/;
    return 14 if $c =~ /\p{Script=Han}/;
    return 15 if $c =~ /\p{Script=Hiragana}/;
    return 16 if $c =~ /\p{LB=SA}/;
    return 18 if $c =~ /\p{WB=Regional_Indicator}/;
    return 0 if $v < 0x80;
    return 19 if $c =~ /\p{Emoji}|\p{Extended_Pictographic}/;
    return 0;
}

my @items;
my $last = -1;
for my $v (0 .. 0x10FFFF) {
    my $class = class_of($v);
    push @items, sprintf('0x%x', $v << 5 | $class) if $class != $last;
    $last = $class;
}
print "/// Made by `tools/word-classes/generate.pl` from Unicode ", Unicode::UCD::UnicodeVersion(), ".\n";
print "enum WordClassTable {\n";
print "    /// Where a run of scalars of one class begins, and in the five low bits the class; ascending.\n";
print "    static let runs: [UInt32] = [\n";
while (my @row = splice @items, 0, 10) { print '        ', join(', ', @row), ",\n"; }
print "    ]\n}\n";
