"""Risk bulletins in, orders from each village's own plan out, chased until a person answers."""
