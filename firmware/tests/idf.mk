# What can be proven here of the part for ESP-IDF; part of `make check`.
.PHONY: idf-check
idf-check:
	@tests/idf_check.sh

check: idf-check
