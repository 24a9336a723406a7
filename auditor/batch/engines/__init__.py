"""Engines on other machines, behind `batch.engine`: Dask.

Four processes take part. The batch itself has no threads, so that it may fork: it groups tasks (`grouping`, `dask`). A
bridge beside it speaks with the scheduler, and is all that imports Dask (`bridge`). In a Dask worker, which is full of
threads and must not fork, a task is handed on to a clean process of its own (`carrying`), which has each model audited
by a `pool.Pool` of one (`hand`): so time and memory are bounded there as here, and a model that kills its process
costs no Dask worker.
"""
