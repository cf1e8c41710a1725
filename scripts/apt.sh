# SPDX-License-Identifier: GPL-2.0
# Debian packages by a private apt: nothing under /etc changes, no root is needed.
# Sourced after common.sh; state and archives are below $apt, which is the caller's.

private_apt() {	# TOOL ARGUMENT...
	tool=$1
	shift
	"$tool" -qq -o Dir::State="$apt/state" -o Dir::State::status=/dev/null \
		-o Dir::Cache="$apt/cache" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::Etc::SourceList="$apt/sources.list" \
		-o Dir::Etc::PreferencesParts=/dev/null \
		-o APT::Sandbox::User= -o Acquire::Languages=none -o Acquire::Retries=2 "$@"
}

# The Debian archives that this machine uses, security and third parties left out.
mirrors() {
	. /etc/os-release
	apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 2>/dev/null |
		awk -v suite="${VERSION_CODENAME-}" '$2 == suite && !seen[$1]++ { print $1 }'
}

# use_suite MIRROR SUITE: have the private apt know what this mirror has
use_suite() {
	mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial"
	keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	[ ! -f $keyring ] || signed="[signed-by=$keyring] "
	echo "deb ${signed-}$1 $2 main" >"$apt/sources.list"
	private_apt apt-get update >&2
}
