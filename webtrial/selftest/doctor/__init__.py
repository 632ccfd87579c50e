"""Find what will interfere with measuring on this machine before anything is measured."""
