# What is measured of MARC::Batch: perl marc_batch.pl WORKLOAD FILE; prints the number of records.
#
# Warnings are collected by MARC::Batch and not shown; a record that it cannot read ends nothing.
use strict;
use warnings;
use MARC::Batch;

my ( $workload, $file ) = @ARGV;
my %work = (
    read  => sub { },
    title => sub {
        my $field = $_[0]->field('245');
        $field->subfield('a') if $field;
    },
    extract => sub {
        my $title = $_[0]->field('245');
        $title->subfield('a') if $title;
        $_->as_string for $_[0]->fields;
    },
    subfields => sub {
        for my $field ( $_[0]->fields ) {
            next if $field->is_control_field;
            for my $pair ( $field->subfields ) { my ( $code, $value ) = @$pair; }
        }
    },
    roundtrip => sub { $_[0]->as_usmarc },
    numbers   => sub {
        my $field = $_[0]->field('001');
        print '001 ', ( $field ? $field->data : '' ), "\n";
    },
);
my $each = $work{$workload} or die "unknown workload $workload\n";
my $batch = MARC::Batch->new( 'USMARC', $file );
$batch->strict_off;
$batch->warnings_off;
my $count = 0;
while ( my $record = $batch->next ) {
    $count++;
    $each->($record);
}
print "$count\n";
