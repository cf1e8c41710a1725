# SPDX-License-Identifier: GPL-2.0
# Draw calls.dat, what each kind of call costs, and held.dat, how long siglock is held
set terminal svg size 1100,560 dynamic font "sans,13" background "white"
set output out."/calls.svg"
set title "System calls under the packaged container profile, depth 1"
set ylabel "guest instructions above an unfiltered call"
set logscale y
set yrange [5:*]
set style data histograms
set style histogram clustered gap 1
set style fill solid 0.9 border -1
set boxwidth 0.9
set xtics rotate by -25 scale 0
set grid ytics
set key top left
set rmargin 9
plot out."/calls.dat" using ($2 > 5 ? $2 : 5):xtic(1) title "mainline" lc rgb "#999999", \
     '' using ($3 > 5 ? $3 : 5) title "constact" lc rgb "#2060a0"

reset
set terminal svg size 700,420 dynamic font "sans,13" background "white"
set output out."/held.svg"
set title "Attaching the packaged container profile with TSYNC"
set xlabel "threads"
set ylabel "guest instructions with siglock held"
set logscale x 2
set logscale y
set yrange [10:1e8]
set grid
set key center right
plot out."/held.dat" using 1:2 with linespoints pt 7 lc rgb "#999999" title "mainline", \
     '' using 1:3 with linespoints pt 7 lc rgb "#2060a0" title "constact"
