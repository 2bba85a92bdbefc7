"""Reports as other programs read them: JUnit XML, GitHub's annotations, SARIF; a badge."""
