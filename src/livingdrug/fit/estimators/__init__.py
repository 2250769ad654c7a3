"""One estimator in a file, under the name of its method: found by looking in this folder
(`fit.estimator`)."""
