#!/bin/sh
# After the runner, before the machine powers down. One whose runner failed is kept, stopped: its console says why.
set -eu

end() {
    if [ "${SERVICE_RESULT:-}" = success ]; then
        echo "emel: the machine deletes itself"
        delete_machine || echo "emel: it could not, and powers down; emel runner prune deletes it"
    fi
}

