//! Other places than this repository: Binder, a class’s JupyterHub, shards.
