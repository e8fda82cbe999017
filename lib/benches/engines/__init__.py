"""The peers, one module each.

A module has `PRECISIONS`, the names of what it can compute in, and
`load(folder, precision, batch, threads)`, which gives a function from pictures
(batch, 3, 224, 224), f32, normalised, to pool5 (batch, 512, 7, 7). `folder` is
what `model.py` filled. `python -m engines` times one of them in this process.
"""
