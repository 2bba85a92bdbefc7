"""What a user waits for before anything happens."""

import subprocess
import sys


class Start:
    """In a process of its own."""

    params = ["ctverify.cli.main", "ctverify.certificate", "ctverify.ledger"]
    param_names = ["module"]

    def time_import(self, module: str) -> None:
        subprocess.run([sys.executable, "-c", f"import {module}"], check=True)

    def track_help_needs_no_torch(self, module: str) -> int:
        """1 where importing the module brings torch in: 0 for the command line."""
        script = f"import sys, {module}; print('torch' in sys.modules)"
        done = subprocess.run(
            [sys.executable, "-c", script], check=True, capture_output=True, text=True
        )
        return int(done.stdout.strip() == "True")
