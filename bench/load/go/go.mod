module observa.local/bench/load

go 1.22
