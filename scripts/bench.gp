# SPDX-License-Identifier: GPL-2.0
# Draw calls.dat: what each kind of call costs on mainline and with the series
set terminal svg size 900,480 dynamic font "sans,13" background "white"
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
plot out."/calls.dat" using ($2 > 5 ? $2 : 5):xtic(1) title "mainline" lc rgb "#999999", \
     '' using ($3 > 5 ? $3 : 5) title "constact" lc rgb "#2060a0"
