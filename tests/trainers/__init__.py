"""Other people's trainers: right ones in many styles, and wrong ones, each killed by a law."""
