"""Photos: uploads that resume, bytes kept by their hash, and who may fetch them."""
