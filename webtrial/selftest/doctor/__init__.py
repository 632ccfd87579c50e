"""What will interfere with measuring on this machine, found before anything is measured."""
