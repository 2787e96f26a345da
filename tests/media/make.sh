#!/bin/sh
# Makes the media that tests upload and the demo plays: a breathing exercise, spoken by a machine, in every container.
# Needs espeak-ng and ffmpeg (with libmp3lame, libopus, libx264). Writes beside itself; then update PROVENANCE.md.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One line is one spoken phrase; the number after the bar is the silence that follows it, in seconds.
cat >"$work/words" <<'WORDS'
Find a place where you can sit or lie down.|1.0
Breathe in. Two. Three. Four.|1.0
And slowly out. Two. Three. Four. Five. Six.|1.4
Let your shoulders sink a little.|1.2
Breathe in. Two. Three. Four.|1.0
And out, as long as it likes to take.|1.8
Notice where your feet touch the floor.|1.6
You can come back to this whenever you need it.|1.0
WORDS

n=10
while IFS='|' read -r phrase pause; do
    espeak-ng -v en-gb -s 118 -p 38 -g 4 -w "$work/spoken.wav" "$phrase"
    ffmpeg -nostdin -v error -i "$work/spoken.wav" -af "apad=pad_dur=$pause" -ar 16000 -ac 1 "$work/$n.wav"
    printf "file '%s.wav'\n" "$n" >>"$work/list"
    n=$((n + 1))
done <"$work/words"

# `bitexact` leaves encoder names and dates out, so that the same tools give the same bytes.
clean="-map_metadata -1 -fflags +bitexact -flags:v +bitexact -flags:a +bitexact"
make() { ffmpeg -nostdin -v error -y "$@"; }

make -f concat -i "$work/list" -af loudnorm=I=-20 -ar 16000 -ac 1 -c:a pcm_s16le $clean breathing.wav
make -i breathing.wav -c:a libmp3lame -b:a 32k -id3v2_version 0 $clean breathing.mp3
make -t 12 -i breathing.wav -c:a libmp3lame -q:a 5 -id3v2_version 0 $clean breathing.vbr.mp3
make -i breathing.wav -c:a aac -b:a 32k -movflags +faststart $clean breathing.m4a
make -i breathing.wav -c:a libopus -b:a 24k -application voip $clean breathing.opus
make -t 12 -i breathing.wav -f lavfi -t 12 -i "color=c=0x2f4858:s=160x120:r=5" -map 1:v -map 0:a -shortest \
    -c:v libx264 -preset veryslow -crf 36 -pix_fmt yuv420p -c:a aac -b:a 32k -movflags +faststart $clean breathing.mp4

# What browsers record: no length in the header, pieces appended as they come.
make -t 12 -i breathing.wav -c:a libopus -b:a 24k -application voip $clean -f webm -live 1 breathing.webm
make -t 12 -i breathing.wav -c:a aac -b:a 32k -movflags +empty_moov+default_base_moof -frag_duration 1000000 \
    $clean breathing.fragmented.m4a

# The desk reads it, and makes of its piece what phones play; the server takes none.
make -t 12 -i breathing.wav -c:a flac $clean breathing.flac

sha256sum breathing.*
for file in breathing.*; do
    printf '%s %s\n' "$file" "$(ffprobe -v error -show_entries format=duration -of csv=p=0 "$file")"
done
